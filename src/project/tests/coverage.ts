import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { inRoot, jsonOf, type Results, type RunRequest } from './runner.ts';

/** The lines of files that a run has executed, from 1. A file that is not in it was not measured. */
export type Coverage = Map<string, Set<number>>;

/** Where Go and Python write theirs. */
export const COVERAGE_FILE = 'coverage.out';

/** How a run is told to measure what it executes: variables for its processes; Go wants an option as well. */
export function coverageEnvironment({ plan, root, results }: RunRequest): Record<string, string> {
  switch (plan.runner) {
    case 'pytest':
    case 'unittest':
      return { KINO_COVERAGE: `${results}/${COVERAGE_FILE}`, KINO_COVERAGE_ROOT: root };
    case 'node:test':
    case 'mocha':
    case 'ava':
    case 'tap':
    case 'tape':
      return { NODE_V8_COVERAGE: results };
    default:
      return {};
  }
}

const v8Schema = z.object({
  result: z.array(
    z.object({
      url: z.string(),
      functions: z.array(
        z.object({
          ranges: z.array(z.object({ startOffset: z.int(), endOffset: z.int(), count: z.int() })),
        }),
      ),
    }),
  ),
});

/**
 * The lines that a run executed.
 *
 * @param sourceOf the text of a file under test, relative to the root; undefined where there is none
 */
export async function readCoverage(
  results: Results,
  { plan, root }: RunRequest,
  sourceOf: (path: string) => Promise<string | undefined>,
): Promise<Coverage> {
  const coverage: Coverage = new Map();
  if (plan.runner === 'go') {
    readGo(results.get(COVERAGE_FILE)?.toString('utf8') ?? '', (await sourceOf('go.mod')) ?? '', coverage);
  } else if (plan.runner === 'pytest' || plan.runner === 'unittest') {
    const parsed = z
      .record(z.string(), z.array(z.int()))
      .safeParse(jsonOf(results.get(COVERAGE_FILE)?.toString('utf8')));
    for (const [path, lines] of Object.entries(parsed.data ?? {}))
      coverage.set(inRoot(root, path), new Set(lines));
  } else {
    for (const [name, file] of results)
      if (/^coverage-.*\.json$/.test(name))
        await readV8(jsonOf(file.toString('utf8')), root, sourceOf, coverage);
  }
  return coverage;
}

/** https://v8.dev/blog/javascript-code-coverage: ranges are nested, the innermost one counts. */
async function readV8(
  value: unknown,
  root: string,
  sourceOf: (path: string) => Promise<string | undefined>,
  coverage: Coverage,
): Promise<void> {
  const parsed = v8Schema.safeParse(value);
  for (const { url, functions } of parsed.data?.result ?? []) {
    if (!url.startsWith('file://')) continue;
    const path = inRoot(root, fileURLToPath(url));
    if (path.startsWith('/') || path.includes('node_modules/')) continue;
    const source = await sourceOf(path);
    const end = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)));
    // What a loader has rewritten has other offsets than the file.
    if (source === undefined || end !== source.length) continue;
    const counts = new Uint8Array(source.length);
    const ranges = functions
      .flatMap((one) => one.ranges)
      .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
    for (const { startOffset, endOffset, count } of ranges)
      counts.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    const lines = coverage.get(path) ?? new Set();
    let line = 1;
    for (let at = 0; at < source.length; at++) {
      if (source[at] === '\n') line++;
      else if (counts[at] === 1 && source[at]!.trim() !== '') lines.add(line);
    }
    coverage.set(path, lines);
  }
}

/** `mode: set`, then `module/file.go:line.column,line.column statements count`. */
function readGo(text: string, manifest: string, coverage: Coverage): void {
  const module = /^module\s+(\S+)/m.exec(manifest)?.[1] ?? '';
  for (const [, file = '', from, to, count] of text.matchAll(/^(\S+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm)) {
    const path = file.startsWith(`${module}/`) ? file.slice(module.length + 1) : file;
    const lines = coverage.get(path) ?? new Set();
    coverage.set(path, lines);
    if (count !== '0') for (let line = Number(from); line <= Number(to); line++) lines.add(line);
  }
}
