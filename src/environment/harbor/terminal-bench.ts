import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { parseYaml, type SimpleService, simpleService } from './compose.ts';
import { plainText, seconds } from './environment-config.ts';
import { HarborTaskError, onOneLine } from './error.ts';
import type { HarborEnvironment, HarborSolution, HarborTask, TerminalCommand } from './harbor-task.ts';
import { isTable } from './legacy-config.ts';
import { issueError, validate } from './read-toml.ts';
import { configSchema, type HarborConfigInput } from './task-config.ts';
import { asTaskError, fileIfAny, folderIfAny, readTaskText, walkTaskFolder } from './task-files.ts';

/** Written for Python, whose YAML has more words for it. */
const boolean = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  return /^(?:yes|on)$/i.test(value) ? true : /^(?:no|off)$/i.test(value) ? false : value;
}, z.boolean());

const taskSchema = z.strictObject({
  instruction: plainText.refine((text) => text.trim() !== '', 'says nothing'),
  author_name: z.string().default('unknown'),
  author_email: z.string().default('unknown'),
  difficulty: z.union([z.string(), z.number()]).default('unknown'),
  category: z.string().default('software_engineering'),
  tags: z.array(z.string()).nullish(),
  parser_name: z.string().default('pytest'),
  max_agent_timeout_sec: seconds.default(360),
  max_test_timeout_sec: seconds.default(60),
  run_tests_in_same_shell: boolean.default(false),
  run_as_root: boolean.optional(),
  disable_asciinema: boolean.default(false),
  estimated_duration_sec: z.number().nullish(),
  expert_time_estimate_min: z.number().nullish(),
  junior_time_estimate_min: z.number().nullish(),
});

const commandSchema = z.object({
  command: plainText,
  min_timeout_sec: z.number().nonnegative().default(0),
  max_timeout_sec: seconds.default(180),
  block: boolean.default(false),
  append_enter: boolean.default(true),
});

/**
 * Reads a folder of the old Terminal-Bench: `task.yaml`, `run-tests.sh`, `tests/`, `solution.sh` or `solution.yaml`,
 * and a Dockerfile that a docker-compose.yaml with one service builds. The verdict is how `run-tests.sh` ends, as it
 * is where Harbor takes such a task over.
 *
 * @throws HarborTaskError
 */
export async function readTerminalBenchTask(folder: string): Promise<HarborTask> {
  const root = await realpath(folder).catch((error) => {
    throw asTaskError(error, folder);
  });
  // Before anything is read: any file could be a link to one of the person's.
  await walkTaskFolder(root);
  const file = join(root, 'task.yaml');
  const document = parseYaml(await readTaskText(file), file);
  if (!isTable(document)) throw new HarborTaskError(file, 'is no table of keys');
  const { value: task, warnings } = validate(taskSchema, document, file);
  if (task.run_tests_in_same_shell)
    warnings.push('the tests want the shell of the agent and get one of their own');
  if (task.parser_name !== 'pytest') {
    warnings.push(`the parser ${onOneLine(task.parser_name)} is not known; how the tests end is the verdict`);
  }
  const script = await fileIfAny(join(root, 'run-tests.sh'));
  if (script === undefined) throw new HarborTaskError(root, 'has no run-tests.sh');
  const { environment, ...inside } = await environmentOf(root);
  const tests = await folderIfAny(join(root, 'tests'));
  const solution = await solutionOf(root);
  const { instruction, max_agent_timeout_sec, max_test_timeout_sec, run_as_root, ...metadata } = task;
  const config: HarborConfigInput = {
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value != null)),
    agent: { timeout_sec: max_agent_timeout_sec, ...(run_as_root && { user: 'root' }) },
    verifier: { timeout_sec: max_test_timeout_sec },
    environment: inside,
  };
  return {
    format: 'terminal-bench',
    folder: root,
    name: basename(root),
    config: validate(configSchema, config, file).value,
    instruction,
    environment,
    tests: { folders: tests ? [tests] : [], script, verdict: 'exit-code' },
    ...(solution && { solution }),
    steps: [],
    warnings,
  };
}

/** What the container is made from, and what its configuration says. */
async function environmentOf(
  root: string,
): Promise<
  { environment: HarborEnvironment } & Pick<Partial<SimpleService>, 'env' | 'workdir' | 'cpus' | 'memory_mb'>
> {
  // Tests find what belongs to them by this variable, whoever runs them.
  const env = { TEST_DIR: '/tests' };
  const compose = await fileIfAny(join(root, 'docker-compose.yaml'));
  const service: SimpleService | undefined =
    compose === undefined
      ? { context: '.', dockerfile: 'Dockerfile', env: {} }
      : simpleService(await readTaskText(compose), compose);
  if (service === undefined)
    return { environment: { from: 'compose', folder: root, compose: compose! }, env };
  const { context, dockerfile: name, ...inside } = service;
  const folder = join(root, context);
  const dockerfile = await fileIfAny(join(folder, name));
  if (dockerfile === undefined) throw new HarborTaskError(folder, `has no ${name}`);
  return {
    environment: { from: 'dockerfile', folder, dockerfile },
    ...inside,
    env: { ...env, ...inside.env },
  };
}

async function solutionOf(root: string): Promise<HarborSolution | undefined> {
  const script = await fileIfAny(join(root, 'solution.sh'));
  if (script !== undefined) return { kind: 'script', script };
  const yaml = await fileIfAny(join(root, 'solution.yaml'));
  if (yaml === undefined) return undefined;
  const parsed = z.array(commandSchema).safeParse(parseYaml(await readTaskText(yaml), yaml));
  if (parsed.success) {
    const commands: TerminalCommand[] = parsed.data;
    return { kind: 'commands', commands };
  }
  throw issueError(parsed.error.issues[0]!, yaml);
}
