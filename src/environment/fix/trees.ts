import type { TreeEntry, TreeStore } from '../../git/index.ts';
import { hasInlineTests, withInlineTestsOf, withoutInlineTests } from './inline-tests.ts';
import { type Role, roleOf } from './roles.ts';

/** A path that an agent changed and that its work is not judged by. */
export interface Restored {
  path: string;
  role: Exclude<Role, 'source' | 'document'> | 'link';
  change: 'added' | 'changed' | 'deleted';
}

/** The files of one commit's change, by what they are for. */
export interface ChangeParts {
  source: string[];
  /** Tests and their data, Rust files whose own tests changed included. */
  tests: string[];
  configuration: string[];
  documents: string[];
}

/** What differs between two trees, sorted. */
export async function changedPaths(store: TreeStore, before: string, after: string): Promise<string[]> {
  const [a, b] = await Promise.all([store.list(before), store.list(after)]);
  const paths = new Set([...a.keys(), ...b.keys()]);
  return [...paths].filter((path) => !same(a.get(path), b.get(path))).sort();
}

/** Splits a change by what its files are for. */
export async function partsOf(store: TreeStore, before: string, after: string): Promise<ChangeParts> {
  const [a, b] = await Promise.all([store.list(before), store.list(after)]);
  const parts: ChangeParts = { source: [], tests: [], configuration: [], documents: [] };
  for (const path of [...new Set([...a.keys(), ...b.keys()])].sort()) {
    if (same(a.get(path), b.get(path)) || path.includes('\ufffd')) continue;
    const role = roleOf(path, !a.has(path));
    if (role === 'test') parts.tests.push(path);
    else if (role === 'document') parts.documents.push(path);
    else if (role === 'configuration' || role === 'dependency') parts.configuration.push(path);
    else if (role === 'source') {
      const inline = path.endsWith('.rs') ? await inlineChange(store, a.get(path), b.get(path)) : undefined;
      if (inline?.tests) parts.tests.push(path);
      if (!inline || inline.source) parts.source.push(path);
    }
  }
  return parts;
}

async function inlineChange(store: TreeStore, before: TreeEntry | undefined, after: TreeEntry | undefined) {
  const [a, b] = await Promise.all([before, after].map((entry) => textOf(store, entry)));
  if (!hasInlineTests(a!) && !hasInlineTests(b!)) return undefined;
  return {
    source: withoutInlineTests(a!) !== withoutInlineTests(b!),
    tests: withInlineTestsOf('', a!) !== withInlineTestsOf('', b!),
  };
}

async function textOf(store: TreeStore, entry: TreeEntry | undefined): Promise<string> {
  return entry === undefined ? '' : (await store.readBlob(entry.blob)).toString('utf8');
}

/**
 * A tree as it is judged: the source of one, and from a reference everything else. The reference is a base with the
 * tests and the configuration of the fix.
 *
 * @param start what the work began from: tests inside of its source that are still those were not touched
 * @returns the tree, and what of the work was put back
 */
export async function judgedTree(
  store: TreeStore,
  work: string,
  reference: string,
  start = work,
): Promise<{ tree: string; restored: Restored[] }> {
  const [given, wanted, begun] = await Promise.all([
    store.list(work),
    store.list(reference),
    store.list(start),
  ]);
  const changes = new Map<string, TreeEntry | null>();
  const restored: Restored[] = [];
  for (const [path, entry] of given) {
    const right = wanted.get(path);
    if (same(entry, right)) continue;
    const role = entry.mode === '120000' ? 'link' : roleOf(path, right === undefined);
    if (role === 'document') continue;
    if (role === 'source' && !path.includes('\ufffd')) {
      if (path.endsWith('.rs') && right) {
        const { blob, touched } = await inlineTestsKept(store, entry, right, begun.get(path));
        if (blob !== undefined) changes.set(path, { mode: entry.mode, blob });
        if (touched) restored.push({ path, role: 'test', change: 'changed' });
      }
      continue;
    }
    // A link to elsewhere could lead out of the root, or make one file stand for another.
    if (role === 'source') continue;
    changes.set(path, right ?? null);
    restored.push({ path, role, change: right ? 'changed' : 'added' });
  }
  for (const [path, right] of wanted) {
    if (given.has(path)) continue;
    const role = roleOf(path, false);
    if (role === 'document' || (role === 'source' && right.mode !== '120000')) continue;
    changes.set(path, right);
    restored.push({ path, role: role === 'source' ? 'link' : role, change: 'deleted' });
    // A file of the work may stand where a folder is needed.
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at);
      if (given.has(above) && !wanted.has(above)) changes.set(above, null);
    }
  }
  const tree = changes.size === 0 ? work : await store.change(work, changes);
  return { tree, restored: restored.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** A file of the work with the reference's tests inside, where it differs, and whether the work's own are others. */
async function inlineTestsKept(
  store: TreeStore,
  entry: TreeEntry,
  right: TreeEntry,
  begun: TreeEntry | undefined,
): Promise<{ blob?: string; touched: boolean }> {
  const texts = await Promise.all([entry, right, begun].map((one) => textOf(store, one)));
  const [own, wanted, before] = texts as [string, string, string];
  if (!hasInlineTests(own) && !hasInlineTests(wanted)) return { touched: false };
  const merged = withInlineTestsOf(own, wanted);
  return {
    ...(merged !== own && { blob: await store.writeBlob(merged) }),
    touched: withInlineTestsOf('', own) !== withInlineTestsOf('', before),
  };
}

/**
 * The base with the tests and the configuration of a fix: what every attempt is judged with, and what the attempt that
 * changes nothing is.
 */
export async function referenceTree(store: TreeStore, base: string, fixed: string): Promise<string> {
  const [before, after] = await Promise.all([store.list(base), store.list(fixed)]);
  const changes = new Map<string, TreeEntry | null>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(path), after.get(path)];
    if (same(a, b)) continue;
    const role = roleOf(path, a === undefined);
    if (role === 'test' || role === 'configuration' || role === 'dependency') changes.set(path, b ?? null);
    else if (role === 'source' && path.endsWith('.rs') && a && b) {
      const [own, wanted] = await Promise.all([textOf(store, a), textOf(store, b)]);
      if (hasInlineTests(own) || hasInlineTests(wanted))
        changes.set(path, { mode: a.mode, blob: await store.writeBlob(withInlineTestsOf(own, wanted)) });
    }
  }
  return changes.size === 0 ? base : store.change(base, changes);
}

function same(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.blob === b?.blob && a?.mode === b?.mode;
}
