import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import picomatch from 'picomatch';
import { readFrontMatter } from '../config/index.ts';
import type { Sandbox } from '../sandbox/index.ts';

/** Tried in this order in each folder; the first that is there is read. */
const NAMES = ['AGENTS.md', 'CLAUDE.md'];
/** Folders of rules at the top of the workspace, each rule a file. */
const RULE_FOLDERS = ['.kino/rules', '.claude/rules', '.cursor/rules'];
/** For all instructions of a thread together. */
const MAX_BYTES = 32_000;

export interface Instructions {
  path: string;
  text: string;
}

interface ConditionalRule extends Instructions {
  isAbout(path: string): boolean;
}

/**
 * The instructions that a repository gives agents, each given once: AGENTS.md (or CLAUDE.md) of a folder when the agent
 * first comes into it, and rules, those for certain files when such a file is first touched. All within one budget;
 * what does not fit is cut and said to be cut.
 */
export class InstructionReader {
  readonly #sandbox: Sandbox;
  readonly #folders = new Set<string>();
  #rules: ConditionalRule[] = [];
  #room = MAX_BYTES;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** What holds from the start: from the top of the workspace down to the working folder, and rules without conditions. */
  async initial(): Promise<Instructions[]> {
    const { root, cwd } = this.#sandbox;
    const found = await this.#downTo(relative(root, cwd));
    for (const folder of RULE_FOLDERS) found.push(...(await this.#readRules(folder)));
    return found;
  }

  /** What a file brings with it that has not been given yet. @param path real and absolute */
  async entering(path: string): Promise<Instructions[]> {
    const inside = relative(this.#sandbox.root, path);
    if (inside === '' || inside.startsWith('..')) return [];
    const found = await this.#downTo(dirname(inside));
    const matching = this.#rules.filter((rule) => rule.isAbout(inside.split(sep).join('/')));
    this.#rules = this.#rules.filter((rule) => !matching.includes(rule));
    return [...found, ...matching.flatMap(({ path: rule, text }) => this.#fit(rule, text))];
  }

  /** After the conversation started anew everything but what stands in the system prompt may be given again. */
  async forget(kept: readonly string[]): Promise<void> {
    this.#folders.clear();
    this.#rules = [];
    this.#room = MAX_BYTES;
    for (const folder of RULE_FOLDERS) await this.#readRules(folder);
    for (const path of kept) this.#folders.add(dirname(path));
  }

  async #downTo(folder: string): Promise<Instructions[]> {
    const parts = folder.split(sep).filter((part) => part !== '' && part !== '.');
    const found: Instructions[] = [];
    for (let depth = 0; depth <= parts.length; depth++) {
      const at = parts.slice(0, depth).join(sep) || '.';
      if (this.#folders.has(at)) continue;
      this.#folders.add(at);
      for (const name of NAMES) {
        const path = join(at, name);
        const text = await this.#read(path);
        if (text === undefined || text.trim() === '') continue;
        found.push(...this.#fit(path, text));
        break;
      }
    }
    return found;
  }

  async #readRules(folder: string): Promise<Instructions[]> {
    const entries = await readdir(join(this.#sandbox.root, folder)).catch(() => []);
    const found: Instructions[] = [];
    for (const name of entries.filter((entry) => /\.mdc?$/.test(entry)).sort()) {
      const path = join(folder, name);
      const source = await this.#read(path);
      if (source === undefined) continue;
      const { globs, text } = parseRule(source);
      if (text.trim() === '') continue;
      if (globs.length === 0) found.push(...this.#fit(path, text));
      else this.#rules.push({ path, text, isAbout: picomatch(globs, { dot: true }) });
    }
    return found;
  }

  #fit(path: string, text: string): Instructions[] {
    const bytes = Buffer.from(text.trim());
    const kept =
      bytes.length > this.#room
        ? `${bytes.toString('utf8', 0, Math.max(0, this.#room))}\n[… cut …]`
        : text.trim();
    this.#room -= Math.min(this.#room, bytes.length);
    return [{ path, text: kept }];
  }

  #read(path: string): Promise<string | undefined> {
    return this.#sandbox.read(join(this.#sandbox.root, path)).then(
      (bytes) => bytes.toString('utf8'),
      () => undefined,
    );
  }
}

/** A rule's globs, as the editors that know such files write them; none for a rule that always holds. */
function parseRule(source: string): { globs: string[]; text: string } {
  try {
    const { data, text } = readFrontMatter(source);
    const given = data.globs ?? data.paths;
    const list = Array.isArray(given) ? given : typeof given === 'string' ? given.split(',') : [];
    const globs = list.filter((glob) => typeof glob === 'string').map((glob: string) => glob.trim());
    return { globs: data.alwaysApply === true ? [] : globs.filter((glob) => glob !== ''), text };
  } catch {
    // Editors write globs without quotes, which is no YAML: `globs: *.ts`.
    const match = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*\r?\n?/.exec(source);
    const globs = /^(?:globs|paths):[ \t]*(.+)$/m.exec(match?.[1] ?? '')?.[1] ?? '';
    return {
      globs: globs
        .split(',')
        .map((glob) => glob.trim())
        .filter((glob) => glob !== ''),
      text: source.slice(match?.[0].length ?? 0),
    };
  }
}

/** Instructions as a model is given them. */
export function instructionsText(instructions: readonly Instructions[]): string {
  return instructions
    .map(({ path, text }) => `<instructions file="${path}">\n${text.trim()}\n</instructions>`)
    .join('\n\n');
}
