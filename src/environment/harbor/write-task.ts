import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'smol-toml';
import { HarborTaskError } from './error.ts';
import { shownInstruction } from './instruction.ts';
import { isTable } from './legacy-config.ts';
import { issueError } from './read-toml.ts';
import { configSchema, type HarborConfig, type HarborConfigInput, parseHarborConfig } from './task-config.ts';
import { readHarborTask } from './task-folder.ts';

/** A file's content; a script ends in `.sh` and can be run, and any other file where `executable` says so. */
export type TaskFile = string | Uint8Array | { content: string | Uint8Array; executable: boolean };

/** Files by their path within a folder, with slashes. */
export type TaskFiles = Readonly<Record<string, TaskFile>>;

/** All that a task's folder holds. */
export interface HarborTaskDraft {
  config: HarborConfigInput;
  /** Empty where there are steps. */
  instruction: string;
  /** Such as `Dockerfile`. */
  environment: TaskFiles;
  /** Such as `test.sh`. */
  tests: TaskFiles;
  /** Such as `solve.sh`. */
  solution?: TaskFiles;
  /** By the names that the configuration lists. */
  steps?: Readonly<
    Record<string, { instruction: string; tests?: TaskFiles; solution?: TaskFiles; workdir?: TaskFiles }>
  >;
}

/** The order of task.toml, whatever the order of the configuration. */
const ORDER = [
  ...['schema_version', 'source', 'multi_step_reward_strategy', 'artifacts', 'task', 'steps'],
  ...['metadata', 'verifier', 'agent', 'environment', 'solution'],
] as const satisfies readonly (keyof HarborConfig)[];

const EMPTY_BY_DEFAULT = new Set(
  'agent args artifacts authors collect env exclude headers keywords mcp_servers'.split(' '),
);

/**
 * Writes a folder that Harbor runs and `readHarborTask` reads back as it is, whole or not at all.
 *
 * @param folder is not there yet, or empty
 * @throws HarborTaskError for a configuration that is none, a path that leads out of its folder, and a text that
 *   would be read otherwise than it is written
 */
export async function writeHarborTask(folder: string, draft: HarborTaskDraft): Promise<void> {
  const target = resolve(folder);
  const files = new Map<string, TaskFile>();
  const put = (inside: string, given: TaskFiles = {}) => {
    for (const [path, file] of Object.entries(given)) files.set(`${inside}/${checked(target, path)}`, file);
  };
  const toml = tomlOf(draft.config, join(target, 'task.toml'));
  files.set('task.toml', toml.text);
  put('environment', draft.environment);
  put('tests', draft.tests);
  put('solution', draft.solution);
  const steps = Object.entries(draft.steps ?? {});
  const names = new Set(toml.config.steps.map(({ name }) => name));
  for (const [name, step] of steps) {
    if (!names.delete(name))
      throw new HarborTaskError(target, `has a step ${name} that its configuration does not name`);
    files.set(`steps/${name}/instruction.md`, instructionOf(target, step.instruction));
    for (const part of ['tests', 'solution', 'workdir'] as const) put(`steps/${name}/${part}`, step[part]);
  }
  for (const name of names) throw new HarborTaskError(target, `names a step ${name} and has no files of it`);
  if (steps.length === 0) files.set('instruction.md', instructionOf(target, draft.instruction));
  else if (draft.instruction !== '')
    throw new HarborTaskError(target, 'has steps, and an instruction beside theirs');
  await writeAll(target, files);
}

/** @throws HarborTaskError */
function tomlOf(given: HarborConfigInput, path: string): { text: string; config: HarborConfig } {
  const parsed = configSchema.safeParse(given);
  if (!parsed.success) throw issueError(parsed.error.issues[0]!, path);
  const config = parsed.data;
  const tables = ORDER.map((key) => [key, key === 'metadata' ? config[key] : pruned(config[key])] as const);
  let text: string;
  try {
    text = `${stringify(Object.fromEntries(tables.filter(([, value]) => !isEmpty(value)))).trimEnd()}\n`;
  } catch (error) {
    throw new HarborTaskError(path, `cannot be written as TOML (${(error as Error).message})`);
  }
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  if (!isDeepStrictEqual(plain(parseHarborConfig(text, path).config), plain(config))) {
    throw new HarborTaskError(path, 'holds what TOML cannot say');
  }
  return { text, config };
}

/** Without the empty lists and tables that are there where nothing is said. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isTable(value)) return value;
  const kept = Object.entries(value).map(([key, one]) => [key, pruned(one)] as const);
  return Object.fromEntries(kept.filter(([key, one]) => !(EMPTY_BY_DEFAULT.has(key) && isEmpty(one))));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}

function instructionOf(target: string, text: string): string {
  const path = join(target, 'instruction.md');
  if (text.trim() === '') throw new HarborTaskError(path, 'says nothing');
  if (text.includes('\0') || text.includes('\r') || !text.isWellFormed() || shownInstruction(text) !== text) {
    throw new HarborTaskError(
      path,
      'would not be shown as it is written: it begins with an empty line or a canary, or holds characters that no text has',
    );
  }
  return text;
}

function checked(target: string, path: string): string {
  const names = path.split('/');
  const odd = names.some(
    (name) => name === '' || name === '.' || name === '..' || Buffer.byteLength(name) > 255,
  );
  if (odd || /[\0\\]/.test(path) || !path.isWellFormed()) {
    throw new HarborTaskError(target, `has the file ${path}, which is no path within its folder`);
  }
  return path;
}

async function writeAll(target: string, files: ReadonlyMap<string, TaskFile>): Promise<void> {
  const temporary = join(
    dirname(target),
    `.${basename(target).slice(0, 200)}.${randomBytes(4).toString('hex')}`,
  );
  try {
    await mkdir(dirname(target), { recursive: true });
    for (const [path, file] of files) {
      const whole = typeof file === 'object' && 'content' in file;
      const content = whole ? file.content : file;
      if (typeof content === 'string' && !content.isWellFormed()) {
        throw new HarborTaskError(join(target, path), 'holds half a character');
      }
      const to = join(temporary, path);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, content, { flag: 'wx' });
      // Whatever the mask of this process: a script that cannot be run is another task.
      await chmod(to, (whole ? file.executable : path.endsWith('.sh')) ? 0o755 : 0o644);
    }
    await readHarborTask(temporary);
    await rmdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (error instanceof HarborTaskError) throw new HarborTaskError(target, `is no task: ${error.reason}`);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new HarborTaskError(target, `cannot be written (${code ?? message})`);
  }
}
