import { type Instruction, parseDockerfile } from './dockerfile.ts';
import { UnsupportedInstructionError, WordError } from './dockerfile-error.ts';
import { argOf, attempt, type Stage, stagesOf } from './dockerfile-stages.ts';
import { type BuildState, fill, imagePath, pairsOf, plainWords, setVariable } from './dockerfile-state.ts';
import { type PlanStep, planCopy, planRun, type RunStep } from './dockerfile-steps.ts';
import { splitWords } from './dockerfile-words.ts';

/** Far more layers than any storage of images takes. */
const MAX_INSTRUCTIONS = 1000;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface PlanOptions {
  /** Values of ARG, which override those of the Dockerfile. */
  buildArgs?: Readonly<Record<string, string>>;
  /** What the base image sets; without it, only the usual PATH. */
  baseEnv?: Readonly<Record<string, string>>;
  /** Such as "linux/amd64". */
  platform?: string;
}

/** What an image is made of, step by step, and what a container of it starts with. */
export interface DockerfilePlan {
  /** As written, variables filled in. */
  base: string;
  /** Where FROM asks for one. */
  platform?: string;
  steps: PlanStep[];
  workdir: string;
  env: Record<string, string>;
  user: string;
  shell: string[];
  cmd?: string[];
  entrypoint?: string[];
  labels: Record<string, string>;
  exposed: string[];
  volumes: string[];
  stopSignal?: string;
  /** What was read and has no effect, a sentence each. */
  notes: string[];
}

/**
 * The plan of a Dockerfile's last stage and of the stages that it is based on. Variables are filled in as BuildKit
 * does; a stage that is only copied from is not supported.
 *
 * @throws UnsupportedInstructionError that names the line of what cannot be read or cannot be done without Docker
 */
export function planDockerfile(text: string, options: PlanOptions = {}): DockerfilePlan {
  const { escapeChar, instructions } = parseDockerfile(text);
  const beyond = instructions[MAX_INSTRUCTIONS];
  if (beyond) {
    const why = `is one of more than ${MAX_INSTRUCTIONS} instructions`;
    throw new UnsupportedInstructionError(beyond.line, beyond.text, why);
  }
  const buildArgs = new Map(Object.entries(options.buildArgs ?? {}));
  const globals = new Map([...platformArgs(options.platform ?? 'linux/amd64'), ...buildArgs]);
  const stages = stagesOf(instructions, escapeChar, buildArgs, globals);
  const chain: Stage[] = [];
  for (let stage = stages.at(-1); stage; stage = stage.parent) chain.unshift(stage);
  const [root] = chain;
  if (root === undefined)
    throw new UnsupportedInstructionError(1, instructions[0]!.text, 'comes before any FROM');
  const env = new Map(Object.entries(options.baseEnv ?? { PATH }));
  const state: BuildState = {
    ...{ escapeChar, steps: [], variables: new Map(env), env, workdir: '/', user: 'root' },
    ...{ shell: ['/bin/sh', '-c'], labels: new Map(), exposed: [], volumes: [] },
    ...{ filled: 0, notes: [] },
  };
  for (const stage of stages) {
    if (!chain.includes(stage)) state.notes.push(`line ${stage.from.line}: the stage is not needed`);
  }
  for (const stage of chain) runStage(stage, state, buildArgs, globals);
  const { steps, workdir, user, shell, cmd, entrypoint, exposed, volumes, stopSignal, notes } = state;
  return {
    base: root.image,
    ...(root.platform !== undefined && { platform: root.platform }),
    ...{ steps, workdir, env: Object.fromEntries(env), user, shell },
    ...(cmd && { cmd }),
    ...(entrypoint && { entrypoint }),
    ...{ labels: Object.fromEntries(state.labels), exposed, volumes },
    ...(stopSignal !== undefined && { stopSignal }),
    notes,
  };
}

function runStage(
  stage: Stage,
  state: BuildState,
  buildArgs: ReadonlyMap<string, string>,
  globals: ReadonlyMap<string, string>,
): void {
  let seen: RunStep['env'] | undefined;
  let hasCmd = false;
  for (const instruction of stage.body) {
    const { name, line, text, rest, json } = instruction;
    attempt(instruction, () => {
      const folder = (path: string) =>
        state.steps.push({ kind: 'folder', line, text, path, user: state.user });
      if (name !== 'RUN' && name !== 'COPY' && name !== 'ADD' && name !== 'HEALTHCHECK') noFlags(instruction);
      switch (name) {
        case 'RUN':
          seen ??= Object.freeze(Object.fromEntries(state.variables));
          state.steps.push(planRun(instruction, state, seen));
          return;
        case 'COPY':
        case 'ADD':
          state.steps.push(planCopy(instruction, state));
          return;
        case 'ENV':
          for (const [key, value] of pairsOf(state, rest)) {
            setVariable(state.variables, key, value);
            setVariable(state.env, key, value);
          }
          seen = undefined;
          return;
        case 'ARG':
          for (const word of words(splitWords(rest, state.escapeChar))) {
            const [key, value] = argOf(word);
            const own = value === undefined ? globals.get(key) : fill(state, value);
            const given = buildArgs.get(key) ?? own;
            if (given !== undefined) setVariable(state.variables, key, given);
          }
          seen = undefined;
          return;
        case 'LABEL':
          for (const [key, value] of pairsOf(state, rest)) setVariable(state.labels, key, value);
          return;
        case 'WORKDIR':
          state.workdir = imagePath(state, fill(state, some(rest)));
          folder(state.workdir);
          return;
        case 'USER':
          state.user = fill(state, some(rest)) || 'root';
          return;
        case 'SHELL':
          if (!json || json.length === 0) throw new WordError('needs the JSON form');
          state.shell = json;
          return;
        case 'CMD':
          hasCmd = true;
          state.cmd = startOf(instruction, state);
          return;
        case 'ENTRYPOINT':
          state.entrypoint = startOf(instruction, state);
          // The command that another stage gave was for its own entry point.
          if (!hasCmd) state.cmd = undefined;
          return;
        case 'EXPOSE':
          state.exposed.push(...words(plainWords(rest)).map((word) => fill(state, word)));
          return;
        case 'VOLUME':
          for (const word of words(json ?? plainWords(rest))) {
            const path = imagePath({ ...state, workdir: '/' }, fill(state, some(word)));
            state.volumes.push(path);
            folder(path);
          }
          return;
        case 'STOPSIGNAL':
          state.stopSignal = fill(state, some(rest));
          return;
        default:
          state.notes.push(`line ${line}: ${name} has no effect`);
      }
    });
  }
}

/** CMD and ENTRYPOINT: undefined for one that takes away what was there. */
function startOf({ rest, json }: Instruction, state: BuildState): string[] | undefined {
  if (json) return json.length === 0 ? undefined : json;
  return rest === '' ? undefined : [...state.shell, rest];
}

function some(rest: string): string {
  if (rest === '') throw new WordError('needs a value');
  return rest;
}

function words(given: string[]): string[] {
  if (given.length === 0) throw new WordError('needs a value');
  return given;
}

function noFlags({ flags: [flag] }: Instruction): void {
  if (flag) throw new WordError(`has the flag --${flag.name}, which is not known`);
}

function platformArgs(platform: string): [string, string][] {
  const [os = '', architecture = '', variant = ''] = platform.split('/');
  return ['TARGET', 'BUILD'].flatMap((side): [string, string][] => [
    [`${side}PLATFORM`, platform],
    [`${side}OS`, os],
    [`${side}ARCH`, architecture],
    [`${side}VARIANT`, variant],
  ]);
}
