import { git } from '../git/index.ts';
import { classify } from '../project/index.ts';
import type { FileDiff } from './diff.ts';

/** What others can use, as languages write it at the left edge of a file. */
const DEFINES: readonly [ends: RegExp, defines: RegExp][] = [
  [
    /\.[cm]?[jt]sx?$/,
    /^(?:export\s+)?(?:async\s+)?(?:function\*?|class|const|let|interface|type|enum)\s+([A-Za-z_]\w*)/,
  ],
  [/\.py$/, /^(?:async\s+)?(?:def|class)\s+([A-Za-z_]\w*)/],
  [/\.go$/, /^(?:func(?:\s+\([^)]*\))?|type|var|const)\s+([A-Za-z_]\w*)/],
  [
    /\.rs$/,
    /^(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*(?:fn|struct|enum|trait|type|static|const)\s+([A-Za-z_]\w*)/,
  ],
];
/** Names that something outside of the repository calls. */
const CALLED =
  /^(?:main|init|setup|teardown|default|config|handler|loader|action|metadata|middleware|register|activate|deactivate|up|down|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|getServerSideProps|getStaticProps|getStaticPaths|generateStaticParams|generateMetadata|conftest|Test\w*|Benchmark\w*|Example\w*)$/;
const MIN_NAME = 4;
const MAX_NAMES = 300;

/** A name that a change defines and nothing uses. */
export interface DeadName {
  path: string;
  line: number;
  name: string;
  /** Its tests do, and nothing else. */
  isTested: boolean;
}

/**
 * Names that a change defines and that no source, configuration or document but their own definition mentions. Words are
 * counted, as names are not resolved: one that is the same as another's counts as used.
 *
 * @param at the commit whose files are looked through; absent for the files as they are
 */
export async function deadNames(
  root: string,
  files: readonly FileDiff[],
  at: string | undefined,
  signal: AbortSignal,
): Promise<DeadName[]> {
  const defined = new Map<string, Omit<DeadName, 'isTested'>[]>();
  for (const { path, hunks } of files) {
    const defines = DEFINES.find(([ends]) => ends.test(path))?.[1];
    if (!defines || classify(path) !== 'source') continue;
    const lines = hunks.flatMap((hunk) => hunk.lines);
    // What was there before, and is written anew, is not of this change.
    const before = new Set(
      lines.flatMap(({ kind, text }) => (kind === 'removed' ? (defines.exec(text)?.[1] ?? []) : [])),
    );
    for (const { kind, text, new: line = 0 } of lines) {
      const name = kind === 'added' ? defines.exec(text)?.[1] : undefined;
      if (name === undefined || name.length < MIN_NAME || CALLED.test(name) || before.has(name)) continue;
      if (/^export\s+default\b/.test(text) || (!defined.has(name) && defined.size >= MAX_NAMES)) continue;
      defined.set(name, [...(defined.get(name) ?? []), { path, line, name }]);
    }
  }
  if (defined.size === 0) return [];
  const wanted = [...defined.keys()].flatMap((name) => ['-e', name]);
  const where = at === undefined ? ['--untracked'] : [at];
  const args = ['grep', '-I', '-o', '-w', '-z', '-F', '--no-color', '--full-name', ...wanted, ...where, '--'];
  const printed = await git(root, args, { signal }).catch(() => undefined);
  // Nobody knows: nothing is said.
  if (printed === undefined) return [];
  const uses = new Map<string, { own: number; tests: number }>();
  for (const row of printed.split('\n')) {
    const cut = row.lastIndexOf('\0');
    if (cut === -1) continue;
    const [path, name] = [row.slice(at === undefined ? 0 : at.length + 1, cut), row.slice(cut + 1)];
    const known = uses.get(name) ?? { own: 0, tests: 0 };
    if (classify(path) === 'test') known.tests++;
    else known.own++;
    uses.set(name, known);
  }
  return [...defined].flatMap(([name, definitions]) => {
    const { own = 0, tests = 0 } = uses.get(name) ?? {};
    // Not even its definition was found: it was looked for in vain.
    if (own === 0 || own > definitions.length) return [];
    return definitions.map((one) => ({ ...one, isTested: tests > 0 }));
  });
}
