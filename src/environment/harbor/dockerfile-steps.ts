import { posix } from 'node:path';
import { heredocOf, type Instruction } from './dockerfile.ts';
import { WordError } from './dockerfile-error.ts';
import { type BuildState, fill, imagePath, plainWords } from './dockerfile-state.ts';
import { substitute } from './dockerfile-words.ts';

/** Where a step comes from. */
interface Origin {
  line: number;
  text: string;
}

/** A command. */
export interface RunStep extends Origin {
  kind: 'run';
  argv: string[];
  /** A program of its own, which begins with `#!`; it is run instead of `argv`, which is empty. */
  script?: string;
  env: Readonly<Record<string, string>>;
  workdir: string;
  /** As written: a name or number, perhaps with a group after a colon. */
  user: string;
  /** Where the command must not reach the network. */
  network?: 'none';
}

/**
 * Files of the context that come into the image, owned by root where nothing else is said. The content of a folder is
 * copied, not the folder. A file goes into the destination where that is known to be a folder or turns out to be one.
 */
export interface CopyStep extends Origin {
  kind: 'copy';
  /** Relative to the context and never outside of it, with wildcards that `compileGlob` knows; "." is all of it. */
  sources: string[];
  /** Files whose content stands in the Dockerfile. */
  inline: { name: string; content: string }[];
  /** Absolute, without a slash at the end. */
  destination: string;
  /** It ends with a slash, and so is a folder even where nothing is there yet. */
  intoFolder: boolean;
  chown?: string;
  chmod?: string;
  /** Patterns of .dockerignore, for this step alone. */
  exclude: string[];
  /** Tar archives among the sources are unpacked. */
  unpack: boolean;
  workdir: string;
}

/** A folder that is made where it is not there. */
export interface FolderStep extends Origin {
  kind: 'folder';
  path: string;
  /** Whose it is. */
  user: string;
}

export type PlanStep = RunStep | CopyStep | FolderStep;

const REMOTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|[\w-]+@[^/:]+:)/i;
const MODE = /^(?:[0-7]{1,4}|[ugoa]*[-+=][rwxXstugo]*(?:,[ugoa]*[-+=][rwxXstugo]*)*)$/;

/** @param env a copy of what is set at this point, shared by steps between which nothing is set. @throws WordError */
export function planRun(instruction: Instruction, state: BuildState, env: RunStep['env']): RunStep {
  const { line, text, flags, rest, json, heredocs } = instruction;
  const step: RunStep = { kind: 'run', line, text, argv: [], env, workdir: state.workdir, user: state.user };
  for (const { name, value = '' } of flags) {
    if (name === 'mount') mount(value, state, line);
    else if (name === 'network' && value === 'none') step.network = 'none';
    else if (!(name === 'network' && value === 'default') && !(name === 'security' && value === 'sandbox')) {
      throw new WordError(`has the flag --${name}${value && `=${value}`}, which is not supported`);
    }
  }
  if (json ? json.length === 0 : rest === '') throw new WordError('needs a command');
  if (json) {
    if (heredocs.length > 0) throw new WordError('has both a JSON form and a heredoc');
    return { ...step, argv: json };
  }
  const [only] = heredocs;
  if (only === undefined || heredocOf(rest) === undefined) {
    // The shell knows heredocs itself.
    const bodies = heredocs.map(({ content, name }) => `\n${content}${name}`);
    return { ...step, argv: [...state.shell, rest + bodies.join('')] };
  }
  const script = only.stripsTabs ? withoutTabs(only.content) : only.content;
  return script.startsWith('#!') ? { ...step, script } : { ...step, argv: [...state.shell, script] };
}

/** A cache or a temporary folder only makes a command faster; the files of any other mount would be missed. */
function mount(value: string, state: BuildState, line: number): void {
  const type = value
    .split(',')
    .map((part) => /^type=(.*)$/.exec(part.trim())?.[1])
    .find((one) => one !== undefined);
  if (type !== 'cache' && type !== 'tmpfs')
    throw new WordError(`mounts a ${type ?? 'bind'}, which is not supported`);
  state.notes.push(`line ${line}: the mount of a ${type} is left out`);
}

/** COPY and ADD. @throws WordError */
export function planCopy(instruction: Instruction, state: BuildState): CopyStep {
  const { name: command, line, text, flags, rest, json, heredocs } = instruction;
  const words = json ?? plainWords(rest);
  const target = words.at(-1);
  if (target === undefined || words.length < 2) throw new WordError('needs a source and a destination');
  if (heredocOf(target)) throw new WordError('has a heredoc for a destination');
  const sources: string[] = [];
  const inline: CopyStep['inline'] = [];
  for (const word of words.slice(0, -1)) {
    const announced = heredocOf(word);
    const heredoc = announced && heredocs.find(({ name }) => name === announced.name);
    if (heredoc) {
      const content = heredoc.stripsTabs ? withoutTabs(heredoc.content) : heredoc.content;
      // Within a heredoc, quotes are characters like others, and the escape is always a backslash.
      const options = { escapeChar: '\\', env: state.variables, ignoreQuotes: true };
      if (/^\.{0,2}$|\//.test(heredoc.name))
        throw new WordError('has a heredoc whose name is no name of a file');
      inline.push({ name: heredoc.name, content: heredoc.expands ? substitute(content, options) : content });
      continue;
    }
    const source = fill(state, word);
    if (REMOTE.test(source)) throw new WordError('fetches its source from elsewhere');
    // A source cannot climb out of the context: Docker takes the context for the root.
    sources.push(posix.resolve('/', source).replace(/^\/+/, '') || '.');
  }
  const filled = fill(state, target);
  const step: CopyStep = {
    ...{ kind: 'copy', line, text, sources, inline },
    destination: imagePath(state, filled),
    intoFolder: filled === '' || filled === '.' || filled.endsWith('/') || filled.endsWith('/.'),
    exclude: [],
    unpack: command === 'ADD',
    workdir: state.workdir,
  };
  for (const { name, value = '' } of flags) {
    if (name === 'from') throw new WordError('copies from another stage or image');
    else if (name === 'chown') step.chown = fill(state, value);
    else if (name === 'chmod') step.chmod = modeOf(fill(state, value));
    else if (name === 'exclude') step.exclude.push(value);
    else if (name === 'unpack' && command === 'ADD') step.unpack = value !== 'false';
    // A layer of its own is no other content.
    else if (name !== 'link') throw new WordError(`has the flag --${name}, which is not supported`);
  }
  return step;
}

function modeOf(mode: string): string {
  if (!MODE.test(mode)) throw new WordError(`has the mode ${mode}, which is none`);
  return mode;
}

function withoutTabs(text: string): string {
  return text.replace(/^\t+/gm, '');
}
