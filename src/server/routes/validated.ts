import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { validator } from 'hono/validator';
import { z } from 'zod';
import { RequestError } from '../errors.ts';

/** What handlers that check what comes in check it with: a description of the routes is made from it. */
const schemas = new WeakMap<object, { target: 'json' | 'query'; schema: z.ZodType }>();

export function schemaOf(handler: unknown): { target: 'json' | 'query'; schema: z.ZodType } | undefined {
  return typeof handler === 'function' ? schemas.get(handler) : undefined;
}

/** Checks the body of a request, and says in one sentence what is wrong with it. */
export function body<T extends z.ZodType>(schema: T) {
  const handler = validator('json', (value) => parse(schema, value, 'The request'));
  schemas.set(handler, { target: 'json', schema });
  return handler;
}

/** Checks the query of a request, whose values are texts. */
export function query<T extends z.ZodType<Record<string, string | undefined>>>(schema: T) {
  const handler = validator('query', (value) => parse(schema, value, 'The query'));
  schemas.set(handler, { target: 'query', schema });
  return handler;
}

/** A folder of this machine, as a person writes it. */
export const folder = z
  .string()
  .trim()
  .min(1)
  .transform((path) => path.replace(/^~(?=\/|$)/, homedir()))
  .refine((path) => isAbsolute(path), 'is no whole path: it begins with / or ~');

/** A whole number as it stands in a query. */
export const digits = z.string().regex(/^\d{1,15}$/, 'is no whole number');

/** What is wrong with a text or a number, in words for who wrote it. */
function problemOf(issue: z.core.$ZodIssue): string | undefined {
  const isText = 'origin' in issue && issue.origin === 'string';
  if (issue.code === 'too_small') return isText ? 'is empty' : `is less than ${issue.minimum}`;
  if (issue.code === 'too_big')
    return isText ? `is longer than ${issue.maximum} characters` : `is more than ${issue.maximum}`;
  return issue.code === 'custom' ? issue.message : undefined;
}

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const [name, problem] = [issue.path.join('.'), problemOf(issue)];
  throw new RequestError(
    400,
    problem === undefined
      ? `${what} is not as it should be: ${[name, issue.message].filter(Boolean).join(': ')}.`
      : `${name} ${problem}.`,
  );
}
