import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SgNode } from '@ast-grep/napi';
import picomatch from 'picomatch';
import { z } from 'zod';
import { languageOf, loadSyntax } from '../project/index.ts';
import { explainFileError, limitText, looksBinary } from './limit.ts';
import { listFiles } from './list-files.ts';
import { failure, success, type Tool, type ToolContext, type ToolResult } from './tool.ts';

/** Files larger than this are generated. */
const MAX_FILE_BYTES = 1_000_000;
const MAX_CHARS = 12_000;
const SHOWN_CHANGES = 12;

const input = z.object({
  pattern: z.string().min(1).describe('Code; $NAME is one node, $$$NAME many'),
  rewrite: z.string().describe('What takes its place, with the same names'),
  glob: z.string().optional().describe('For example src/**/*.ts'),
  apply: z.boolean().optional().describe('Without it only a preview'),
});

/** Rewrites code by its syntax over many files at once. */
export const codemodTool: Tool<z.infer<typeof input>> = {
  name: 'codemod',
  kind: 'edit',
  description: 'Rewrite code by syntax over many files (ast-grep): a preview with counts, or apply.',
  input,
  access: ({ apply }) => (apply ? { writes: '*' } : { reads: '*' }),
  async run({ pattern, rewrite, glob, apply = false }, context) {
    const unknown = unknownName(pattern, rewrite);
    if (unknown !== undefined)
      return failure(`The rewrite has ${unknown}, and the pattern does not. Nothing was changed.`);
    const matches = matcherOf(glob);
    const files = (await listFiles(context)).filter(
      (path) => languageOf(path) !== undefined && matches(path),
    );
    if (files.length === 0)
      return failure(
        `No file${glob === undefined ? '' : ` like ${glob}`} is in a language that can be rewritten.`,
      );
    const found: Findings = { changed: [], kept: [], problems: new Map() };
    for (const path of files) {
      if (context.signal.aborted) return failure('Stopped. What was rewritten so far stays.');
      const source = await sourceOf(path, context);
      if (source === undefined) continue;
      const language = languageOf(path)!;
      const done = await rewriteText(source.text, language, pattern, rewrite);
      if ('problem' in done) found.problems.set(language, done.problem);
      else if (done.changes.length > 0) {
        const why = source.isUtf8 ? apply && (await put(path, source, done.text, context)) : 'not UTF-8';
        if (why) found.kept.push(`${path} (${why})`);
        else found.changed.push({ path, changes: done.changes });
      }
    }
    return report(found, files, apply);
  },
};

interface Findings {
  changed: { path: string; changes: Rewritten['changes'] }[];
  /** Files with matches that were left alone, and why. */
  kept: string[];
  /** By language: what is code in one is none in another. */
  problems: Map<string, string>;
}

/** Writes a rewritten file. @returns why it was left alone */
async function put(path: string, { real }: Source, text: string, { sandbox, seen, allows }: ToolContext) {
  if (allows?.write(real) === false) return 'it may not be changed';
  if (seen.state(real) === 'changed') return 'it has changed since you read it';
  try {
    await sandbox.write(path, text);
  } catch (error) {
    return explainFileError(path, error);
  }
  seen.change(real);
  return undefined;
}

function report({ changed, kept, problems }: Findings, files: readonly string[], apply: boolean): ToolResult {
  const left = kept.length > 0 ? `Left alone: ${kept.join(', ')}.` : '';
  if (changed.length === 0) {
    if (left !== '') return failure(limitText(`Nothing was changed. ${left}`, MAX_CHARS));
    const isNowhereCode = files.every((path) => problems.has(languageOf(path)!));
    const said = [...problems.values()].join('\n');
    return isNowhereCode
      ? failure(said)
      : success(`The pattern occurs in none of ${files.length} files.\n${said}`.trim());
  }
  const places = changed.flatMap(({ path, changes }) => changes.map((change) => ({ path, ...change })));
  const shown = places
    .slice(0, SHOWN_CHANGES)
    .map(({ path, line, before, after }) => `${path}:${line}\n${mark('-', before)}\n${mark('+', after)}`);
  if (places.length > shown.length) shown.push(`[… ${places.length - shown.length} more places …]`);
  const parts = [
    `${apply ? 'Rewrote' : 'Would rewrite'} ${places.length} places in ${changed.length} of ${files.length} files.`,
    left,
    ...changed.map(({ path, changes }) => `${path}: ${changes.length}`),
    apply ? '' : `\n${shown.join('\n')}`,
  ];
  return success(limitText(parts.filter((part) => part !== '').join('\n'), MAX_CHARS));
}

/** The first name of a rewrite that its pattern does not have; it would come into the code as it is. */
function unknownName(pattern: string, rewrite: string): string | undefined {
  const names = new Set(pattern.match(NAMES));
  return rewrite.match(NAMES)?.find((name) => !names.has(name));
}

function matcherOf(glob: string | undefined): (path: string) => boolean {
  if (glob === undefined) return () => true;
  const wanted = glob.replace(/^\.?\//, '');
  return picomatch(wanted.includes('/') ? wanted : `**/${wanted}`, { dot: true });
}

interface Source {
  /** Absolute. */
  real: string;
  text: string;
  isUtf8: boolean;
}

/** A file's text; nothing for what is no source: links, which lead to files that have their turn or are not ours, too. */
async function sourceOf(path: string, { sandbox }: ToolContext): Promise<Source | undefined> {
  try {
    const found = await lstat(join(sandbox.cwd, path));
    if (!found.isFile() || found.size > MAX_FILE_BYTES) return undefined;
    const real = await sandbox.resolve(path);
    const bytes = await sandbox.read(path);
    const text = bytes.toString('utf8');
    return looksBinary(bytes) ? undefined : { real, text, isUtf8: Buffer.from(text).equals(bytes) };
  } catch {
    // Gone since it was listed, or outside, or not to be read.
    return undefined;
  }
}

function mark(sign: string, text: string): string {
  return text
    .split('\n')
    .slice(0, 6)
    .map((line) => `${sign} ${line.slice(0, 200)}`)
    .join('\n');
}

interface Rewritten {
  text: string;
  changes: { line: number; before: string; after: string }[];
}

/**
 * The rewritten text of one file. Of matches inside one another only the outermost is taken; further lines of the
 * rewrite are indented like the line that the match begins in.
 */
export async function rewriteText(
  text: string,
  language: string,
  pattern: string,
  rewrite: string,
): Promise<Rewritten | { problem: string }> {
  const { parse } = await loadSyntax();
  let found: SgNode[];
  try {
    found = parse(language, text).root().findAll(pattern);
  } catch (error) {
    return {
      problem: `The pattern is no code of ${language}: ${(error as Error).message.split('\n', 1)[0]}`,
    };
  }
  const changes: Rewritten['changes'] = [];
  const lineEnd = text.includes('\r\n') && !/(?<!\r)\n/.test(text) ? '\r\n' : '\n';
  let result = '';
  let at = 0;
  for (const node of found) {
    const { start, end } = node.range();
    if (start.index < at) continue;
    const before = text.slice(start.index, end.index);
    const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', start.index - 1) + 1, start.index))![0];
    const laidOut = rewrite.replace(
      /\r?\n(?=([^\r\n])?)/g,
      (_, more?: string) => lineEnd + (more ? indent : ''),
    );
    const after = fill(laidOut, node, text);
    result += text.slice(at, start.index) + after;
    at = end.index;
    if (after !== before) changes.push({ line: start.line + 1, before, after });
  }
  return { text: result + text.slice(at), changes };
}

const NAMES = /\$\$\$[A-Z_][A-Z0-9_]*|\$[A-Z_][A-Z0-9_]*/g;

/** What the names of the rewrite stand for; several nodes keep what stands between them. */
function fill(rewrite: string, node: SgNode, text: string): string {
  return rewrite.replace(NAMES, (name) => {
    if (!name.startsWith('$$$')) return node.getMatch(name.slice(1))?.text() ?? '';
    const nodes = node.getMultipleMatches(name.slice(3));
    if (nodes.length === 0) return '';
    return text.slice(nodes[0]!.range().start.index, nodes.at(-1)!.range().end.index);
  });
}
