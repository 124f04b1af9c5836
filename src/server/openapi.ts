import type { Hono } from 'hono';
import { z } from 'zod';
import { version } from '../config/index.ts';
import { schemaOf } from './routes/validated.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: 'path' | 'query'; required: boolean; schema: unknown }[];
  requestBody?: { required: true; content: { 'application/json': { schema: unknown } } };
  responses: Record<string, unknown>;
  security: Record<string, never[]>[];
}

/** An OpenAPI description of an application, from the routes and the schemas that it itself works with. */
export function openApi(app: Pick<Hono, 'routes'>) {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL' || !path.startsWith('/api/')) continue;
    const shown = path.replace(/:(\w+)/g, '{$1}');
    paths[shown] ??= {};
    paths[shown][method.toLowerCase()] ??= operation(method, shown);
    addInput(paths[shown][method.toLowerCase()]!, handler);
  }
  return {
    openapi: '3.1.0',
    info: {
      ...{ title: 'Kino', version: version() },
      description: 'What the manager of Kino answers. Programs send the token as a bearer token.',
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] },
      },
    },
  };
}

function operation(method: string, path: string): Operation {
  const words = path.split(/[^A-Za-z]+/).filter((word) => word !== '' && word !== 'api');
  const error = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
  return {
    operationId: [method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join(
      '',
    ),
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      ...{ name: name!, in: 'path', required: true, schema: { type: 'string' } },
    })) as Operation['parameters'],
    responses: {
      '2XX': { description: 'It is done.' },
      '4XX': { description: 'It cannot be done; the error says why in one sentence.', ...error },
    },
    security: [{ token: [] }],
  };
}

/** What a handler takes, where it is one that checks what comes in. */
function addInput(to: Operation, handler: unknown): void {
  const input = schemaOf(handler);
  if (!input) return;
  const { $schema: _, ...schema } = z.toJSONSchema(input.schema, { io: 'input', unrepresentable: 'any' }) as {
    $schema?: string;
    properties?: Record<string, unknown>;
    required?: string[];
  };
  if (input.target === 'json')
    to.requestBody = { required: true, content: { 'application/json': { schema } } };
  else
    for (const [name, one] of Object.entries(schema.properties ?? {}))
      to.parameters.push({
        name,
        in: 'query',
        required: schema.required?.includes(name) ?? false,
        schema: one,
      });
}
