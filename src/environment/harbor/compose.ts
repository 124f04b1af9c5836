import { posix } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { HarborTaskError } from './error.ts';
import { sizeOf } from './legacy-config.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Keys of a service that one container without Docker can have as well, or that name only Docker's own affairs. */
const service = z.strictObject({
  build: z
    .union([
      z.string(),
      z.strictObject({ context: z.string().default('.'), dockerfile: z.string().default('Dockerfile') }),
    ])
    .optional(),
  environment: z.union([z.array(scalar), z.record(z.string(), scalar.nullable())]).optional(),
  working_dir: z.string().optional(),
  volumes: z.array(z.string()).optional(),
  deploy: z
    .strictObject({
      resources: z.strictObject({
        limits: z.strictObject({ cpus: scalar.optional(), memory: z.string().optional() }),
      }),
    })
    .optional(),
  image: z.unknown().optional(),
  container_name: z.unknown().optional(),
  command: z.unknown().optional(),
  expose: z.unknown().optional(),
  platform: z.unknown().optional(),
  tty: z.unknown().optional(),
  stdin_open: z.unknown().optional(),
});

const simple = z.strictObject({
  version: z.unknown().optional(),
  name: z.unknown().optional(),
  services: z.record(z.string(), service),
});

/** Where the old harness tells a container that its logs and tests are. */
const TEMPLATES: Readonly<Record<string, string>> = { T_BENCH_TEST_DIR: '/tests' };
const LOGS = /^\$\{T_BENCH_TASK_(?:AGENT_)?LOGS_PATH\}:\$\{T_BENCH_CONTAINER_(?:AGENT_)?LOGS_PATH\}$/;

export interface SimpleService {
  /** Relative to the file, and below its folder. */
  context: string;
  /** Relative to the context. */
  dockerfile: string;
  env: Record<string, string>;
  workdir?: string;
  cpus?: number;
  memory_mb?: number;
}

/**
 * A document of YAML. Version 1.2, which has no `yes` and `no`: the parser of 1.1 takes the path `.` for a number.
 *
 * @throws HarborTaskError that names the line
 */
export function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { version: '1.2', merge: true, logLevel: 'error' });
  } catch (error) {
    const { message, linePos } = error as Error & { linePos?: [{ line: number }] };
    const reason = message
      .split('\n', 1)[0]!
      .replace(/ at line \d+, column \d+:?$/, '')
      .replace(/[.:]$/, '');
    throw new HarborTaskError(path, `is not YAML (${reason})`, linePos ? { line: linePos[0].line } : {});
  }
}

/**
 * The one service of a docker-compose.yaml that needs nothing of docker compose, or undefined where it has more
 * services, or asks for more than a container built from a Dockerfile.
 *
 * @throws HarborTaskError for what is not YAML
 */
export function simpleService(text: string, path: string): SimpleService | undefined {
  const parsed = simple.safeParse(parseYaml(text, path));
  if (!parsed.success) return undefined;
  const [only, ...more] = Object.values(parsed.data.services);
  if (only === undefined || more.length > 0) return undefined;
  const { build = '.', environment = [], working_dir: workdir, volumes = [] } = only;
  const { context, dockerfile } =
    typeof build === 'string' ? { context: build, dockerfile: 'Dockerfile' } : build;
  const folder = posix.normalize(context).replace(/\/$/, '');
  const file = posix.normalize(dockerfile);
  const outside = [folder, file].some((one) => one.startsWith('/') || one === '..' || one.startsWith('../'));
  if (outside || !volumes.every((volume) => LOGS.test(volume)) || workdir?.includes('$')) return undefined;
  const env = environmentOf(environment);
  const { cpus, memory } = only.deploy?.resources.limits ?? {};
  const limits = {
    ...(cpus !== undefined && { cpus: Number(cpus) }),
    ...(memory && { memory_mb: sizeOf(memory) }),
  };
  if (env === undefined || Object.values(limits).some((limit) => !limit || !(limit > 0))) return undefined;
  return {
    ...{ context: folder, dockerfile: file, env },
    ...(workdir !== undefined && { workdir }),
    ...(limits as Pick<SimpleService, 'cpus' | 'memory_mb'>),
  };
}

function environmentOf(given: string[] | Record<string, string | null>): Record<string, string> | undefined {
  const pairs = Array.isArray(given)
    ? given.map((one) => {
        const equals = one.indexOf('=');
        return equals < 0 ? ([one, null] as const) : ([one.slice(0, equals), one.slice(equals + 1)] as const);
      })
    : Object.entries(given);
  const env: Record<string, string> = {};
  for (const [name, value] of pairs) {
    // Without a value it is the host's, which is nobody's to have.
    if (value === null || name === '' || name === '__proto__') return undefined;
    const filled = value.replace(/\$\{(\w+)\}/g, (whole, key: string) => TEMPLATES[key] ?? whole);
    if (filled.includes('$') || filled.includes('\0')) return undefined;
    env[name] = filled;
  }
  return env;
}
