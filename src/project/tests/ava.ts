import { posix } from 'node:path';
import { fromFolder, type TestRunner, textOf } from './runner.ts';
import { parseTap } from './tap-report.ts';

const REPORT = 'report.tap';
const SEPARATOR = ' › ';

/**
 * AVA, by the Test Anything Protocol. Before a title it puts the file, without what all files have in common and what
 * the names of test files end with; with one file it leaves it out.
 */
export const ava: TestRunner = {
  name: 'ava',
  shuffles: false,
  command: ({ plan, files }) => ({
    argv: ['ava', ...plan.args, '--tap', ...(files ? fromFolder(plan.folder, files) : plan.files)],
    folder: plan.folder,
    env: {},
    stdout: REPORT,
  }),
  parse(results, { plan, files = [] }) {
    const prefixes = prefixesOf(files);
    return parseTap(textOf(results, REPORT), (names, diagnostic) => {
      const title = names.join(' > ');
      const broken = BROKEN.exec(title);
      if (broken) return { brokenFile: posix.join(plan.folder, broken[1] ?? broken[2]!) };
      // What broke it is told of before, by an error in place of a title.
      if (isError(title, diagnostic)) return undefined;
      const found = prefixes.find(([prefix]) => title.startsWith(prefix));
      return { id: found ? `${found[1]}::${title.slice(found[0].length)}` : title };
    });
  },
};

const BROKEN = /^(\S.*) exited (?:with a non-zero exit code: \d+|due to SIG\w+)$|^No tests found in (\S.*)$/;

function isError(title: string, diagnostic: unknown): boolean {
  const { name, message } = (diagnostic ?? {}) as Record<string, unknown>;
  return typeof name === 'string' && title.startsWith(name) && title.endsWith(`: ${message}`);
}

/** What a title begins with, and its file; the longest first. */
function prefixesOf(files: readonly string[]): [prefix: string, file: string][] {
  if (files.length < 2) return files.map((file) => ['', file]);
  const split = files.map((file) => file.split('/'));
  const shortest = Math.min(...split.map((parts) => parts.length - 1));
  let common = 0;
  while (common < shortest && split.every((parts) => parts[common] === split[0]![common])) common++;
  return files
    .map((file, at): [string, string] => {
      const parts = split[at]!.slice(common).filter((part) => part !== '__tests__');
      const name = posix
        .basename(parts.pop()!)
        .replace('.spec.', '.')
        .replace('.test.', '.')
        .replace('test-', '');
      return [[...parts, name.replace(/\.\w+$/, ''), ''].join(SEPARATOR), file];
    })
    .sort(([a], [b]) => b.length - a.length);
}
