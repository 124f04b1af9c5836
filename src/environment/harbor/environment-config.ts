import { z } from 'zod';
import { checkHosts, environmentNetwork } from './network-config.ts';

/** Any text but one with a NUL, which ends early in every program that it is handed to. */
export const plainText = z.string().refine((text) => !text.includes('\0'), 'holds a NUL character');

export const seconds = z.number().positive();

/** Variables by name. Values are as written: the templates `${NAME}` and `${NAME:-default}` are not filled in. */
export const variables = z.record(z.string().regex(/^[^=\0]+$/, 'is no name of a variable'), plainText);

/** Whom a command runs as: a name or a number. */
export const user = z.union([plainText.min(1), z.int().nonnegative()]);

export const healthcheckSchema = z.strictObject({
  command: plainText,
  interval_sec: z.number().nonnegative().default(5),
  timeout_sec: seconds.default(30),
  start_period_sec: z.number().nonnegative().default(0),
  start_interval_sec: z.number().nonnegative().default(5),
  retries: z.int().nonnegative().default(3),
});

const mcpServer = z
  .strictObject({
    name: plainText.min(1),
    transport: z
      .enum(['stdio', 'sse', 'streamable-http', 'http'])
      .default('sse')
      .transform((transport) => (transport === 'http' ? 'streamable-http' : transport)),
    url: plainText.optional(),
    command: plainText.optional(),
    args: z.array(plainText).default([]),
    headers: z
      .record(
        z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no name of a header'),
        z.string().regex(/^[^\r\n\0]*$/),
      )
      .default({}),
  })
  .superRefine(({ transport, url, command, headers }, context) => {
    const stdio = transport === 'stdio';
    if (stdio ? !command : !url) {
      const missing = stdio ? 'command' : 'url';
      context.addIssue({
        code: 'custom',
        path: [missing],
        message: `is needed for the transport ${transport}`,
      });
    }
    if (stdio && Object.keys(headers).length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['headers'],
        message: 'has no meaning for the transport stdio',
      });
    }
  });

/** `[environment]` and `[verifier.environment]`. */
export const environmentSchema = z
  .strictObject({
    build_timeout_sec: seconds.default(600),
    docker_image: plainText.min(1).optional(),
    os: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['linux', 'windows']))
      .default('linux'),
    cpus: z.number().positive().optional(),
    memory_mb: z.int().positive().optional(),
    storage_mb: z.int().positive().optional(),
    gpus: z.int().nonnegative().optional(),
    gpu_types: z.array(plainText).optional(),
    tpu: z
      .strictObject({ type: plainText.min(1), topology: z.string().regex(/^[1-9]\d*(?:x[1-9]\d*)+$/) })
      .optional(),
    ...environmentNetwork,
    mcp_servers: z.array(mcpServer).default([]),
    env: variables.default({}),
    skills_dir: plainText.optional(),
    workdir: plainText.min(1).optional(),
    healthcheck: healthcheckSchema.optional(),
  })
  .superRefine(checkHosts);

/** What a task's container has and may. Keys are Harbor's; what it leaves open is absent. */
export type HarborEnvironmentConfig = z.output<typeof environmentSchema>;
