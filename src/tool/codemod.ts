import { readFile, stat } from 'node:fs/promises';
import type { SgNode } from '@ast-grep/napi';
import picomatch from 'picomatch';
import { z } from 'zod';
import { limitText } from './limit.ts';
import { listFiles } from './list-files.ts';
import { failure, success, type Tool } from './tool.ts';

/** Files larger than this are generated. */
const MAX_FILE_BYTES = 1_000_000;
const MAX_CHARS = 12_000;
const SHOWN_CHANGES = 12;

/** By the ends of names. What stands first is the parser's own name for the language. */
const LANGUAGES: Record<string, readonly string[]> = {
  TypeScript: ['ts', 'mts', 'cts'],
  Tsx: ['tsx'],
  JavaScript: ['js', 'mjs', 'cjs', 'jsx'],
  Html: ['html', 'htm'],
  Css: ['css'],
  python: ['py', 'pyi'],
  go: ['go'],
  rust: ['rs'],
  java: ['java'],
};

const input = z.object({
  pattern: z
    .string()
    .min(1)
    .describe('Code with $NAME for one node and $$$NAME for many, as ast-grep has it'),
  rewrite: z.string().describe('What takes its place, with the same names'),
  glob: z.string().optional().describe('Only files like this, for example src/**/*.ts'),
  apply: z.boolean().optional().describe('Without it only a preview'),
});

/** Rewrites code by its syntax over many files at once. */
export const codemodTool: Tool<z.infer<typeof input>> = {
  name: 'codemod',
  kind: 'edit',
  description:
    'Rewrite code by syntax pattern over many files (ast-grep). Shows a preview with counts; apply makes the change.',
  input,
  access: ({ apply }) => (apply ? { writes: '*' } : { reads: '*' }),
  async run({ pattern, rewrite, glob, apply = false }, context) {
    const { sandbox, seen, allows } = context;
    const matches =
      glob === undefined ? () => true : picomatch(glob.includes('/') ? glob : `**/${glob}`, { dot: true });
    const files = (await listFiles(context)).filter(
      (path) => languageOf(path) !== undefined && matches(path),
    );
    if (files.length === 0)
      return failure(
        `No file${glob === undefined ? '' : ` like ${glob}`} is in a language that can be rewritten.`,
      );
    const changed: { path: string; count: number }[] = [];
    const kept: string[] = [];
    const shown: string[] = [];
    for (const path of files) {
      if (context.signal.aborted) return failure('Stopped. What was rewritten so far stays.');
      const real = await sandbox.resolve(path).catch(() => undefined);
      if (
        real === undefined ||
        ((await stat(real).catch(() => undefined))?.size ?? Number.POSITIVE_INFINITY) > MAX_FILE_BYTES
      )
        continue;
      const text = await readFile(real, 'utf8');
      const done = await rewriteText(text, languageOf(path)!, pattern, rewrite);
      if ('problem' in done) return failure(done.problem);
      if (done.changes.length === 0) continue;
      if (apply && (allows?.write(real) === false || !Buffer.from(text).equals(await readFile(real)))) {
        kept.push(path);
        continue;
      }
      changed.push({ path, count: done.changes.length });
      for (const { line, before, after } of done.changes) {
        if (shown.length < SHOWN_CHANGES)
          shown.push(`${path}:${line}\n${mark('-', before)}\n${mark('+', after)}`);
      }
      if (apply) {
        await sandbox.write(path, done.text);
        seen.change(real);
      }
    }
    if (changed.length === 0 && kept.length === 0)
      return success(`The pattern occurs in none of ${files.length} files.`);
    const places = changed.reduce((sum, { count }) => sum + count, 0);
    const head = `${apply ? 'Rewrote' : 'Would rewrite'} ${places} places in ${changed.length} of ${files.length} files.`;
    const counts = changed.map(({ path, count }) => `${path}: ${count}`).join('\n');
    const left = kept.length > 0 ? `\nLeft alone, because they may not be changed: ${kept.join(', ')}` : '';
    const more = places > shown.length ? `\n[… ${places - shown.length} more places …]` : '';
    return success(
      limitText(`${head}${left}\n${counts}${apply ? '' : `\n\n${shown.join('\n')}${more}`}`, MAX_CHARS),
    );
  },
};

function mark(sign: string, text: string): string {
  return text
    .split('\n')
    .slice(0, 6)
    .map((line) => `${sign} ${line.slice(0, 200)}`)
    .join('\n');
}

function languageOf(path: string): string | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return Object.keys(LANGUAGES).find((language) => LANGUAGES[language]!.includes(extension));
}

interface Rewritten {
  text: string;
  changes: { line: number; before: string; after: string }[];
}

/** The rewritten text of one file. Of matches inside one another only the outermost is taken. */
export async function rewriteText(
  text: string,
  language: string,
  pattern: string,
  rewrite: string,
): Promise<Rewritten | { problem: string }> {
  const { parse } = await parser();
  let found: SgNode[];
  try {
    found = parse(language, text).root().findAll(pattern);
  } catch (error) {
    return {
      problem: `The pattern is no code of ${language}: ${(error as Error).message.split('\n', 1)[0]}`,
    };
  }
  const changes: Rewritten['changes'] = [];
  let result = '';
  let at = 0;
  for (const node of found) {
    const { start, end } = node.range();
    if (start.index < at) continue;
    const before = text.slice(start.index, end.index);
    const after = fill(rewrite, node, text);
    result += text.slice(at, start.index) + after;
    at = end.index;
    if (after !== before) changes.push({ line: start.line + 1, before, after });
  }
  return { text: result + text.slice(at), changes };
}

/** What the names of the rewrite stand for; several nodes keep what stands between them. */
function fill(rewrite: string, node: SgNode, text: string): string {
  return rewrite.replace(
    /\$\$\$([A-Z_][A-Z0-9_]*)|\$([A-Z_][A-Z0-9_]*)/g,
    (whole, many?: string, one?: string) => {
      if (one !== undefined) return node.getMatch(one)?.text() ?? whole;
      const nodes = node.getMultipleMatches(many!);
      if (nodes.length === 0) return '';
      return text.slice(nodes[0]!.range().start.index, nodes.at(-1)!.range().end.index);
    },
  );
}

let loaded: Promise<typeof import('@ast-grep/napi')> | undefined;

/** The parser with the languages that are not its own; registering is possible once. */
function parser(): Promise<typeof import('@ast-grep/napi')> {
  loaded ??= (async () => {
    const [napi, python, go, rust, java] = await Promise.all([
      import('@ast-grep/napi'),
      import('@ast-grep/lang-python'),
      import('@ast-grep/lang-go'),
      import('@ast-grep/lang-rust'),
      import('@ast-grep/lang-java'),
    ]);
    napi.registerDynamicLanguage({
      python: python.default,
      go: go.default,
      rust: rust.default,
      java: java.default,
    });
    return napi;
  })();
  return loaded;
}
