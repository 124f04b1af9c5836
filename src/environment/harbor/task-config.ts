import { z } from 'zod';
import { artifactSchema, MAIN_SERVICE, serviceName } from './artifact-config.ts';
import {
  environmentSchema,
  healthcheckSchema,
  plainText,
  seconds,
  user,
  variables,
} from './environment-config.ts';
import { onOneLine } from './error.ts';
import { modernize } from './legacy-config.ts';
import { checkHosts, phaseNetwork } from './network-config.ts';
import { parseToml, validate } from './read-toml.ts';

/** The newest version whose keys are known; Harbor 0.26 writes it. */
export const SCHEMA_VERSION = '1.4';

/** "org/name", as tasks and datasets are called. */
export const packageName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'is not of the form "org/name"')
  .refine((name) => !name.includes('..'), 'has ".." in it');

export const packageInfo = {
  name: packageName,
  version: z.string().min(1).optional(),
  description: z.string().default(''),
  authors: z.array(z.strictObject({ name: z.string(), email: z.string().optional() })).default([]),
  keywords: z.array(z.string()).default([]),
};

const agentSchema = z
  .strictObject({ timeout_sec: seconds.optional(), user: user.optional(), ...phaseNetwork })
  .superRefine(checkHosts);

const collectHook = z.strictObject({
  command: plainText,
  service: serviceName.default(MAIN_SERVICE),
  timeout_sec: seconds.default(60),
  user: user.optional(),
});

const verifierSchema = z
  .strictObject({
    timeout_sec: seconds.default(600),
    env: variables.default({}),
    user: user.optional(),
    ...phaseNetwork,
    environment_mode: z.enum(['shared', 'separate']).optional(),
    environment: environmentSchema.optional(),
    collect: z.array(collectHook).default([]),
  })
  .superRefine(checkHosts)
  .refine(({ environment_mode: mode, environment }) => mode !== 'shared' || environment === undefined, {
    path: ['environment_mode'],
    message: 'is "shared" although the verifier has an environment of its own',
  })
  .transform((verifier) => {
    const mode = verifier.environment_mode ?? (verifier.environment && ('separate' as const));
    return { ...verifier, ...(mode && { environment_mode: mode }) };
  });

/** A name that is one folder on every system, as Harbor asks. */
const stepName = z
  .string()
  .refine((name) => Buffer.byteLength(name) <= 255, 'is too long')
  .refine(
    (name) =>
      name.trim() !== '' &&
      !/[<>:"/\\|?*\u0000-\u001f\u007f]/.test(name) &&
      !/[. ]$/.test(name) &&
      !/^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³]) *(?:\.|$)/i.test(name),
    'is no name of a folder on every system',
  );

const stepSchema = z.strictObject({
  name: stepName,
  agent: agentSchema.prefault({}),
  /** Its timeout is 600 s where none is given, whatever the task's is: so Harbor has it. */
  verifier: verifierSchema.prefault({}),
  /** The steps after it are not tried where a reward is lower; a number stands for the reward `reward`. */
  min_reward: z.union([z.number(), z.record(z.string(), z.number())]).optional(),
  healthcheck: healthcheckSchema.optional(),
  artifacts: z.array(artifactSchema).default([]),
});

export const configSchema = z
  .strictObject({
    schema_version: z.string().default(SCHEMA_VERSION),
    source: z.string().optional(),
    multi_step_reward_strategy: z.enum(['mean', 'final']).optional(),
    artifacts: z.array(artifactSchema).default([]),
    task: z.strictObject(packageInfo).optional(),
    steps: z
      .array(stepSchema)
      .refine(
        (steps) =>
          new Set(steps.map(({ name }) => name.normalize('NFC').toLowerCase())).size === steps.length,
        'has two steps of one name',
      )
      .default([]),
    metadata: z.record(z.string(), z.unknown()).default({}),
    verifier: verifierSchema.prefault({}),
    agent: agentSchema.prefault({}),
    environment: environmentSchema.prefault({}),
    solution: z.strictObject({ env: variables.default({}) }).prefault({}),
  })
  .transform((config) => ({
    ...config,
    verifier: {
      ...config.verifier,
      environment_mode: config.verifier.environment_mode ?? ('shared' as const),
    },
    ...(config.steps.length > 0 && {
      multi_step_reward_strategy: config.multi_step_reward_strategy ?? ('mean' as const),
    }),
  }));

/**
 * A task.toml of any version, with the newest version's keys and Harbor's defaults. The verifier's mode is decided,
 * at a step only where the step decides it; several steps have a strategy; artifacts are objects.
 */
export type HarborConfig = z.output<typeof configSchema>;

/** The same with everything that has a default left open. */
export type HarborConfigInput = z.input<typeof configSchema>;

export type HarborStepConfig = HarborConfig['steps'][number];

/**
 * Reads a task.toml.
 *
 * @param path only named in errors
 * @returns the configuration, and a sentence for each key that was passed over
 * @throws HarborTaskError that names the line or the key
 */
export function parseHarborConfig(text: string, path: string): { config: HarborConfig; warnings: string[] } {
  const document = parseToml(text, path);
  const dropped = modernize(document, path);
  const { value: config, warnings } = validate(configSchema, document, path);
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(config.schema_version) ?? [];
  const known = major === '1' && Number(minor) <= Number(SCHEMA_VERSION.slice(2));
  const version = `schema_version ${onOneLine(config.schema_version)} is not known; it is read as ${SCHEMA_VERSION}`;
  return { config, warnings: [...dropped, ...warnings, ...(known ? [] : [version])] };
}
