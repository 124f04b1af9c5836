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

/** A whole number as it stands in a query. */
export const digits = z.string().regex(/^\d{1,15}$/, 'is no whole number');

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new RequestError(
    400,
    `${what} is not as it should be: ${[path.join('.'), message].filter(Boolean).join(': ')}.`,
  );
}
