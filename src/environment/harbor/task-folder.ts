import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { environmentIn, separateVerifier } from './environment-folder.ts';
import { HarborTaskError } from './error.ts';
import type {
  HarborEnvironment,
  HarborSolution,
  HarborStep,
  HarborTask,
  HarborTests,
} from './harbor-task.ts';
import { shownInstruction } from './instruction.ts';
import { type HarborConfig, type HarborStepConfig, parseHarborConfig } from './task-config.ts';
import { asTaskError, fileIfAny, folderIfAny, readTaskText, walkTaskFolder } from './task-files.ts';

/**
 * Reads a task's folder as Harbor does: `task.toml`, `instruction.md`, `environment/`, `tests/`, `solution/`, and
 * `steps/<name>/` for each step. Nothing in it is run.
 *
 * @throws HarborTaskError for what Harbor refuses too, and for a link that leads out of the folder
 */
export async function readHarborTask(folder: string): Promise<HarborTask> {
  const root = await realpath(folder).catch((error) => {
    throw asTaskError(error, folder);
  });
  // Before anything is read: any file could be a link to one of the person's.
  await walkTaskFolder(root);
  const file = join(root, 'task.toml');
  const { config, warnings } = parseHarborConfig(await readTaskText(file), file);
  const environment = await environmentIn(join(root, 'environment'), config.environment.docker_image);
  if (environment === undefined) {
    throw new HarborTaskError(root, 'has no environment: neither a docker_image nor a Dockerfile');
  }
  const steps: HarborStep[] = [];
  for (const step of config.steps) steps.push(await readStep(root, config, environment, step));
  const verifier = await separateVerifier({ root, config, environment });
  const tests = await testsIn([join(root, 'tests')], config, verifier?.config.os);
  const whole = steps.length === 0;
  if (whole && tests.script === undefined && !verifier?.bringsTests) {
    throw new HarborTaskError(
      root,
      `has no ${scriptName('tests/test', verifier?.config.os ?? config.environment.os)}`,
    );
  }
  const solution = await solutionIn(join(root, 'solution'), config);
  return {
    format: 'harbor',
    folder: root,
    name: config.task?.name ?? basename(root),
    config,
    instruction: whole ? await readInstruction(root) : '',
    environment,
    tests,
    ...(verifier && { verifier }),
    ...(solution && { solution }),
    steps,
    warnings,
  };
}

async function readStep(
  root: string,
  config: HarborConfig,
  environment: HarborEnvironment,
  step: HarborStepConfig,
): Promise<HarborStep> {
  const folder = join(root, 'steps', step.name);
  if (!(await folderIfAny(folder)))
    throw new HarborTaskError(folder, 'is not there, although task.toml names the step');
  const verifier = await separateVerifier({ root, config, environment, step });
  const tests = await testsIn([join(root, 'tests'), join(folder, 'tests')], config, verifier?.config.os);
  if (tests.script === undefined && !verifier?.bringsTests) {
    throw new HarborTaskError(folder, 'has no test script, and neither has the task');
  }
  const solution = await solutionIn(join(folder, 'solution'), config);
  const workdir = await folderIfAny(join(folder, 'workdir'));
  const setup = await fileIfAny(join(folder, 'workdir', 'setup.sh'));
  return {
    config: step,
    instruction: await readInstruction(folder),
    tests,
    ...(verifier && { verifier }),
    ...(solution && { solution }),
    ...(workdir && { workdir }),
    ...(setup && { setup }),
  };
}

async function readInstruction(folder: string): Promise<string> {
  const instruction = shownInstruction(await readTaskText(join(folder, 'instruction.md')));
  if (instruction.trim() === '') throw new HarborTaskError(join(folder, 'instruction.md'), 'says nothing');
  return instruction;
}

async function testsIn(
  candidates: readonly string[],
  config: HarborConfig,
  os = config.environment.os,
): Promise<HarborTests> {
  const tests: HarborTests = { folders: [], verdict: 'reward-file' };
  for (const candidate of candidates) {
    const folder = await folderIfAny(candidate);
    if (folder === undefined) continue;
    tests.folders.push(folder);
    const script = await fileIfAny(join(folder, scriptName('test', os)));
    if (script !== undefined) tests.script = script;
  }
  return tests;
}

async function solutionIn(candidate: string, config: HarborConfig): Promise<HarborSolution | undefined> {
  const script = await fileIfAny(join(candidate, scriptName('solve', config.environment.os)));
  return script === undefined ? undefined : { kind: 'script', script, folder: candidate };
}

function scriptName(name: string, os: HarborConfig['environment']['os']): string {
  return `${name}.${os === 'windows' ? 'bat' : 'sh'}`;
}
