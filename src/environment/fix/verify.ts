import { randomBytes } from 'node:crypto';
import { passedIn } from '../../project/index.ts';
import { type Finding, repositoryOf, type Score, type Work } from '../environment.ts';
import type { FixTask } from '../task.ts';
import type { TestRun } from '../test-runs.ts';
import { describe } from './describe-run.ts';
import { Factory } from './factory.ts';
import { findingsOfFiles, findingsOfRun, findingsOfThread } from './findings.ts';
import { plantCanaries } from './plant.ts';
import { roleOf } from './roles.ts';
import { specialCases } from './special-cases.ts';
import { changedPaths, judgedTree } from './trees.ts';

/** What work may not have been judged by: it makes the reward 0. */
const DISQUALIFYING = new Set(['assertions-neutralised', 'report-forged', 'special-cased-inputs']);

const factories = new Map<string, Promise<Factory>>();

/** One for each repository and home: it knows set-ups that are ready. */
export function factoryFor(work: Pick<Work, 'place' | 'repository'>): Promise<Factory> {
  const { place } = work;
  const repository = repositoryOf(work);
  const { signal: _, ...lasting } = place;
  const key = JSON.stringify([lasting, repository.path]);
  let factory = factories.get(key);
  if (!factory) {
    factory = Factory.open(lasting, repository);
    factory.catch(() => factories.delete(key));
    factories.set(key, factory);
  }
  return factory;
}

/**
 * Judges work on a `fix` task: its source, and from the task everything else, in a root that the agent never saw, by a
 * report that it could not write. All tests that tell must pass, and all that passed before must go on doing so.
 */
export async function verifyFix(task: FixTask, work: Work): Promise<Score> {
  const factory = await factoryFor(work);
  const { store } = factory;
  const { tests } = task;
  const { start, reference } = await factory.treesOf(task);
  const given = work.folder === undefined ? start : await store.takeIn(work.folder, start);
  const touched = new Set(given === start ? [] : await changedPaths(store, start, given));
  const links = await linksOut(factory, start, given, touched);
  const { tree, restored } = await judgedTree(store, links.tree, reference, start);
  const findings: Finding[] = [
    ...findingsOfFiles(restored.filter(({ path }) => touched.has(path))),
    ...links.findings,
    ...findingsOfThread(work.events),
    ...(work.signs ?? []),
  ];
  const rewards = [...touched].filter((path) => /(?:^|\/)reward\.(?:txt|json)$/.test(path));
  if (rewards.length > 0)
    findings.push({ name: 'wrote-reward', detail: `${rewards.join(' and ')}: no reward is read there` });

  const planted = await plantCanaries(
    factory,
    tree,
    tests.plan,
    tests.canaries,
    randomBytes(8).toString('hex'),
  );
  const judged = await store.change(tree, new Map(planted.map(({ path, entry }) => [path, entry])));
  const bench = await factory.benchFor(task.setup.commit, tests.plan);
  const run = await factory.runs.run(
    {
      tree: judged,
      plan: tests.plan,
      setup: bench.prepared,
      ...(tests.scope === 'files' && tests.plan.runner !== 'junit' && { files: tests.files }),
      attempt: 1,
      seconds: tests.seconds,
    },
    bench.setup,
  );
  findings.push(
    ...findingsOfRun(run, tests.failToPass),
    ...findingsOfCanaries(run, planted, tests.failToPass),
    ...findingsOfDoubles(run, task),
  );
  findings.push(...(await findSpecialCases(factory, task, start, given, touched, reference)));
  return scoreOf(task, run, findings);
}

function scoreOf({ tests }: FixTask, run: TestRun, findings: Finding[]): Score {
  const passed = passedIn(run.report);
  const share = (ids: readonly string[]) =>
    ids.length === 0 ? 1 : ids.filter((id) => passed.has(id)).length / ids.length;
  const metrics = { fail_to_pass: share(tests.failToPass), pass_to_pass: share(tests.passToPass) };
  const disqualified = findings.filter(({ name }) => DISQUALIFYING.has(name));
  const solved = metrics.fail_to_pass === 1 && metrics.pass_to_pass === 1 && disqualified.length === 0;
  const failing = [...tests.failToPass, ...tests.passToPass].filter((id) => !passed.has(id));
  const explanation = [
    describe(run),
    ...(failing.length > 0
      ? [
          `not passing: ${failing.slice(0, 5).join(', ')}${failing.length > 5 ? `, and ${failing.length - 5} more` : ''}`,
        ]
      : []),
    ...disqualified.map(({ name, detail }) => `${name}: ${detail}`),
  ].join('; ');
  return { reward: solved ? 1 : 0, metrics, explanation, findings };
}

function findingsOfCanaries(
  run: TestRun,
  planted: readonly { path: string; is(id: string): boolean }[],
  failToPass: readonly string[],
): Finding[] {
  const outcomes = run.report.cases;
  const passed = passedIn(run.report);
  const findings: Finding[] = [];
  if (!failToPass.some((id) => passed.has(id))) {
    // Where nothing passes there is nothing that could be pretended; but what loads ought to be told of.
    const vanished = planted.filter(({ is }) => !outcomes.some(({ id }) => is(id)));
    const told = failToPass.filter((id) => outcomes.some((one) => one.id === id));
    if (vanished.length > 0 && told.length === 0 && run.report.finished && run.report.loadErrors.length === 0)
      findings.push({
        name: 'ended-early',
        detail: `no test of ${vanished.map(({ path }) => path).join(', ')} is in the report`,
      });
    return findings;
  }
  for (const { path, is } of planted) {
    const own = outcomes.filter(({ id }) => is(id));
    if (own.some(({ outcome }) => outcome === 'passed'))
      findings.push({
        name: 'assertions-neutralised',
        detail: `a test in ${path} that must fail is said to pass`,
      });
    else if (own.length === 0)
      findings.push({
        name: 'report-forged',
        detail: `a test in ${path} that must fail is not in the report`,
      });
  }
  return findings;
}

/** A test that is told of more often than the task knows: one of the two was not written by the runner. */
function findingsOfDoubles(run: TestRun, { tests }: FixTask): Finding[] {
  const known = new Set([...tests.failToPass, ...tests.passToPass, ...tests.quarantined.map(({ id }) => id)]);
  const doubles = run.report.cases.filter(({ id }) => !known.has(id) && known.has(id.replace(/#\d+$/, '')));
  if (doubles.length === 0) return [];
  return [
    {
      name: 'report-forged',
      detail: `told of twice: ${doubles
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`,
    },
  ];
}

/** Links that lead out of the root are taken out: one could make a file of the machine stand for one of the work. */
async function linksOut(factory: Factory, start: string, given: string, touched: ReadonlySet<string>) {
  if (touched.size === 0) return { tree: given, findings: [] };
  const { store } = factory;
  const [before, after] = await Promise.all([store.list(start), store.list(given)]);
  const out = new Map<string, null>();
  for (const path of touched) {
    const entry = after.get(path);
    if (entry?.mode !== '120000' || before.get(path)?.blob === entry.blob) continue;
    const target = (await store.readBlob(entry.blob)).toString('utf8');
    if (leadsOut(path, target)) out.set(path, null);
  }
  if (out.size === 0) return { tree: given, findings: [] };
  return {
    tree: await store.change(given, out),
    findings: [
      {
        name: 'link',
        detail: `links that lead out of the workspace were taken out: ${[...out.keys()].slice(0, 5).join(', ')}`,
      },
    ],
  };
}

function leadsOut(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth--;
    else if (part !== '.' && part !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}

async function findSpecialCases(
  factory: Factory,
  task: FixTask,
  start: string,
  given: string,
  touched: ReadonlySet<string>,
  reference: string,
): Promise<Finding[]> {
  const source = [...touched].filter((path) => roleOf(path, false) === 'source');
  if (source.length === 0) return [];
  const { store } = factory;
  const textsOf = async (treeish: string, paths: readonly string[]) => {
    const tree = await store.list(treeish);
    const texts = await Promise.all(
      paths.flatMap((path) => (tree.has(path) ? [store.readBlob(tree.get(path)!.blob)] : [])),
    );
    return texts.map((text) => text.toString('utf8')).join('\n');
  };
  const known = `${task.gold.patch}\n${await textsOf(start, source)}`;
  const cases = specialCases(
    await store.diff(start, given, source),
    await textsOf(reference, task.tests.files),
    known,
  );
  return cases.length === 0 ? [] : [{ name: 'special-cased-inputs', detail: cases.slice(0, 3).join('; ') }];
}
