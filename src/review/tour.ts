import { posix } from 'node:path';
import { classify, type FileKind } from '../project/index.ts';
import type { FileDiff } from './diff.ts';
import { importsAmong } from './imports.ts';
import { SLOP, type SlopFinding, slopIn } from './slop.ts';

/** A stop of a tour. */
export interface Stop {
  path: string;
  kind: FileKind;
  /** Why it is read here, in one sentence. */
  why: string;
  /** What a reviewer should ask of it. */
  questions: string[];
  added: number;
  removed: number;
  status: FileDiff['status'];
}

/** A way through a change on which nothing is read before what it builds upon. */
export interface Tour {
  stops: Stop[];
  /** What a program wrote, or others did: to be known of, and not to be read. */
  folded: Stop[];
}

/**
 * Orders a change for its reader, without a model: source by what imports what, foundations first; the tests of each
 * behind it; then configuration and documents. Generated and vendored files are folded away.
 *
 * @param textOf the text of a file after the change; undefined where there is none
 * @param findings what it adds in slop; default what its own lines tell
 */
export function tourOf(
  files: readonly FileDiff[],
  textOf: (path: string) => string | undefined,
  findings: readonly SlopFinding[] = slopIn(files),
): Tour {
  const kinds = new Map(files.map((file) => [file.path, kindOf(file.path)]));
  const read = files.filter(({ path }) => !/^(?:generated|vendored)$/.test(kinds.get(path)!));
  const paths = read.map(({ path }) => path);
  const imports = new Map(paths.map((path) => [path, importsAmong(path, textOf(path) ?? '', paths)]));
  const users = new Map<string, string[]>(paths.map((path) => [path, []]));
  for (const [path, uses] of imports) for (const used of uses) users.get(used)!.push(path);
  const isTest = (path: string) => kinds.get(path) === 'test';
  const source = paths.filter((path) => kinds.get(path) === 'source');
  const testsOf = new Map<string, string[]>(source.map((path) => [path, []]));
  for (const test of paths.filter(isTest).sort())
    for (const path of source)
      if (imports.get(test)!.has(path) || isNamedFor(test, path)) testsOf.get(path)!.push(test);
  const testedBy = new Map<string, string[]>();
  for (const [path, tests] of testsOf)
    for (const test of tests) testedBy.set(test, [...(testedBy.get(test) ?? []), path]);

  const order = new Set<string>();
  const visit = (path: string, around: ReadonlySet<string>): void => {
    if (order.has(path) || around.has(path)) return;
    const inside = new Set([...around, path]);
    for (const used of [...imports.get(path)!].sort()) if (!isTest(used)) visit(used, inside);
    order.add(path);
  };
  const byUse = (a: string, b: string) => users.get(b)!.length - users.get(a)!.length || (a < b ? -1 : 1);
  for (const path of source.sort(byUse)) visit(path, new Set());
  const way = new Set<string>();
  for (const path of order) {
    way.add(path);
    // A test that needs more of the change comes when all of it was read.
    for (const test of testsOf.get(path) ?? [])
      if ([...imports.get(test)!].every((used) => isTest(used) || way.has(used))) way.add(test);
  }
  const rank: FileKind[] = ['test', 'source', 'other', 'documentation', 'generated', 'vendored'];
  for (const path of [...paths].sort(
    (a, b) => rank.indexOf(kinds.get(a)!) - rank.indexOf(kinds.get(b)!) || (a < b ? -1 : 1),
  ))
    way.add(path);

  const slop = Map.groupBy(findings, ({ path }) => path);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const stopAt = (path: string): Stop => {
    const { added, removed, status } = byPath.get(path)!;
    const kind = kinds.get(path)!;
    const own = users.get(path)?.filter((user) => !isTest(user)) ?? [];
    const about = { file: byPath.get(path)!, kind, users: own, imports: [...(imports.get(path) ?? [])] };
    return {
      ...{ path, kind, added, removed, status },
      why: whyRead(about, testedBy.get(path) ?? []),
      questions: questionsFor(about, testsOf.get(path) ?? [], slop.get(path) ?? []),
    };
  };
  const folded = files.filter(({ path }) => !way.has(path)).map(({ path }) => stopAt(path));
  return { stops: [...way].map(stopAt), folded };
}

/** A workflow of CI that is called `test.yml` tests nothing by itself. */
function kindOf(path: string): FileKind {
  // What an agent wrote for its reviewer is read as an artifact.
  if (path.startsWith('.kino/artifacts/')) return 'generated';
  const kind = classify(path);
  return kind === 'test' && (/^\.git(?:hub|lab)\b/.test(path) || /^[^/]*\.ya?ml$/.test(path))
    ? 'other'
    : kind;
}

interface About {
  file: FileDiff;
  kind: FileKind;
  /** Changed files that import it, tests left out. */
  users: readonly string[];
  imports: readonly string[];
}

function whyRead({ file, kind, users, imports }: About, tested: readonly string[]): string {
  const be = { added: 'is new', deleted: 'is gone', renamed: `was ${file.from}`, changed: 'is changed' }[
    file.status
  ];
  if (kind === 'test')
    return tested.length > 0 ? `It tests ${list(tested)}.` : 'A test that reaches no other changed file.';
  if (kind === 'documentation') return `A document that ${be}.`;
  if (kind === 'generated') return 'A program wrote it.';
  if (kind === 'vendored') return 'It was written by others.';
  if (kind === 'other') return `Configuration or data that ${be}.`;
  if (users.length > 1) return `${users.length} changed files build on it: ${list(users)}.`;
  if (users.length === 1) return `${users[0]} builds on it.`;
  const used = imports.filter((path) => classify(path) !== 'test');
  if (used.length > 0) return `It ${be}, and brings together ${list(used)}.`;
  return `It ${be}, and stands by itself.`;
}

function questionsFor(
  { file, kind, users }: About,
  tests: readonly string[],
  slop: readonly SlopFinding[],
): string[] {
  const questions: string[] = [];
  if (kind === 'source' && tests.length === 0 && file.status !== 'deleted' && file.added > 3)
    questions.push('No changed test reaches it. What proves it?');
  if (file.status === 'deleted' && users.length > 0)
    questions.push(`It is gone, and ${list(users)} still names it.`);
  const gone = removedNames(file);
  if (gone.length > 0) questions.push(`Who used ${list(gone)}? It is no longer there.`);
  if (file.added + file.removed > 400) questions.push('Could it be a change of its own?');
  for (const { kind: is, line, text } of slop.slice(0, 5))
    questions.push(`Line ${line} ${SLOP[is]}: ${text}`);
  if (slop.length > 5) questions.push(`${slop.length - 5} more lines like these.`);
  return questions;
}

const EXPORTED =
  /^\s*(?:export\s+(?:default\s+)?(?:async\s+)?(?:function\*?|class|const|let|interface|type|enum)\s+(\w+)|pub(?:\([^)]*\))?\s+(?:async\s+)?(?:fn|struct|enum|trait|const|type)\s+(\w+)|func\s+(?:\([^)]*\)\s*)?([A-Z]\w*)|(?:def|class)\s+([a-z]\w*|[A-Z]\w*)\b)/;

/** Names that others could use, which a change takes away. */
function removedNames({ hunks, status }: FileDiff): string[] {
  if (status === 'deleted') return [];
  const [gone, there] = [new Set<string>(), new Set<string>()];
  for (const { lines } of hunks)
    for (const { kind, text } of lines) {
      const name = EXPORTED.exec(text)
        ?.slice(1)
        .find((one) => one !== undefined);
      if (name === undefined) continue;
      if (kind === 'removed') gone.add(name);
      else there.add(name);
    }
  return [...gone].filter((name) => !there.has(name)).slice(0, 5);
}

/** `a.test.ts` and `test_a.py` are named for `a`. */
function isNamedFor(test: string, path: string): boolean {
  const bare = (name: string) => posix.basename(name).replace(/\..*$/, '');
  const own = bare(test).replace(/^test_|_test$|_spec$|Tests?$/g, '');
  return own === bare(path) && own !== 'index' && own !== 'mod';
}

function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
