import { validator } from 'hono/validator';
import { z } from 'zod';
import { RequestError } from '../errors.ts';

/** Checks the body of a request, and says in one sentence what is wrong with it. */
export function body<T extends z.ZodType>(schema: T) {
  return validator('json', (value) => parse(schema, value, 'The request'));
}

/** Checks the query of a request, whose values are texts. */
export function query<T extends z.ZodType<Record<string, string | undefined>>>(schema: T) {
  return validator('query', (value) => parse(schema, value, 'The query'));
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
