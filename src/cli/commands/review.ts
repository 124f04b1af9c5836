import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type AgentChoice, openModel, workspaceAround } from '../../agent/index.ts';
import { loadConfig, trustOf } from '../../config/index.ts';
import { openRepository, resolveCommit } from '../../git/index.ts';
import {
  acceptHunk,
  type Change,
  changeOf,
  compareAttempts,
  decisionsOf,
  describe,
  guidedTour,
  type HunkDecisions,
  keepTour,
  openPullRequest,
  rejectHunk,
  reopenHunk,
  validateChange,
  validateThread,
} from '../../review/index.ts';
import type { ValidatorResult } from '../../thread/index.ts';
import { UsageError } from '../exit.ts';
import { untilInterrupted } from '../interrupt.ts';
import { addModelFlags } from '../model-flags.ts';
import { paint, plain, print, printJson, seconds } from '../output.ts';
import { printHunks, printTour } from '../print-change.ts';
import { printComparison } from '../print-comparison.ts';
import { openStore } from '../store.ts';

interface ReviewFlags extends AgentChoice {
  guide?: boolean;
  thread?: string;
  hunks?: boolean;
  accept?: string[];
  reject?: string[];
  reopen?: string[];
  validate?: boolean;
  describe?: boolean;
  compare?: string;
  pullRequest?: boolean;
  json?: boolean;
}

export function define(command: Command): void {
  addModelFlags(command)
    .argument('[range]', 'a commit (up to the files as they are) or a..b', 'HEAD')
    .option('--thread <id>', 'what a thread has changed in its workspace')
    .option('--hunks', 'list the parts of the change, with their ids and what was decided')
    .option('--accept <hunk...>', 'with --thread: parts that need not be looked at again')
    .option('--reject <hunk...>', 'with --thread: take parts out of the workspace')
    .option('--reopen <hunk...>', 'with --thread: look at parts again; what was taken out is put back')
    .option('--guide', 'let a model say why each stop matters, and what to ask there')
    .option('--validate', 'run what the repository checks with on the change')
    .option('--compare <thread>', 'with --thread: hold it against another attempt at the same')
    .option('--describe', 'with --thread: what a pull request would say')
    .option('--pull-request', 'with --thread: push the branch and open one with gh')
    .option('--json', 'print the diff, the tour and the slop as JSON')
    .addHelpText(
      'after',
      '\nNothing is read before what it builds upon; tests come behind what they test; what a program wrote is folded.\nWithout --guide no model is asked.',
    )
    .action(review);
}

async function review(range: string, flags: ReviewFlags): Promise<void> {
  if (flags.thread !== undefined) return reviewThread(flags.thread, flags);
  if (flags.accept || flags.reject || flags.reopen || flags.describe || flags.pullRequest || flags.compare)
    throw new UsageError('Say with --thread whose change it is: that is where decisions are kept.');
  if (flags.validate) return validateHere(range, flags);
  const { root } = workspaceAround('.');
  const change = await changeHere(range);
  show(flags.guide ? await guided(change, root, flags) : change, flags);
}

/** @param root of the workspace, whose configuration names the model */
async function guided(change: Change, root: string, flags: ReviewFlags): Promise<Change> {
  const model = await openModel(flags, await loadConfig(), root);
  return { ...change, tour: await guidedTour(model, change, untilInterrupted()) };
}

/** Validators see the files as they are: of a commit up to them. */
async function validateHere(range: string, flags: ReviewFlags): Promise<void> {
  if (range.includes('..')) throw new UsageError('Validators run on the files as they are: say one commit.');
  const { root } = workspaceAround('.');
  const base = await resolveCommit(await openRepository(root), range);
  await mustBeTrusted(root);
  printValidation(await validateChange(root, base, untilInterrupted()), flags);
}

/** Validators that the repository names, and nobody has vouched for, are not run: that is no pass. @throws UsageError */
async function mustBeTrusted(root: string): Promise<void> {
  const trust = await trustOf(root);
  if (trust !== 'trusted' && existsSync(join(root, '.kino', 'config.json')))
    throw new UsageError(
      `The configuration of ${root} is not trusted as it is now, so that its validators are not known: \`kino trust\` shows it.`,
    );
}

function printValidation(results: readonly ValidatorResult[], { json }: ReviewFlags): void {
  if (results.some(({ result }) => result === 'failed')) process.exitCode = 1;
  if (json) printJson(results);
  else if (results.length === 0) print('Nothing has changed, or the repository has no validators.');
  else
    for (const { name, result, output, durationMs } of results) {
      const sign = {
        passed: paint('green', '✓'),
        failed: paint('red', '✗'),
        'not-run': paint('yellow', '–'),
      }[result];
      print(`${sign} ${paint('bold', plain(name))} ${result} ${paint('dim', seconds(durationMs / 1000))}`);
      if (result !== 'passed') print(plain(output.trimEnd()).replace(/^/gm, '    '));
    }
}

async function reviewThread(part: string, flags: ReviewFlags): Promise<void> {
  const store = openStore();
  try {
    const id = await store.resolve(part);
    if (flags.compare !== undefined) {
      const found = await compareAttempts(store, id, await store.resolve(flags.compare));
      if (flags.json) printJson(found);
      else printComparison(found);
      return;
    }
    const started = (await store.read(id, 1, 1)).find((event) => event.type === 'thread.started');
    if (started?.workspace === undefined) throw new UsageError(`${id} has no workspace.`);
    const { workspace: root, base = 'HEAD', repository: origin = root } = started;
    for (const hunk of flags.reopen ?? []) await reopenHunk(store, id, root, hunk);
    for (const [hunks, decide] of [
      [flags.accept, acceptHunk],
      [flags.reject, rejectHunk],
    ] as const)
      for (const hunk of hunks ?? []) {
        const { files } = await changeOf(root, base);
        const file = files.find((one) => one.hunks.some((own) => own.id === hunk));
        if (!file) throw new UsageError(`The change has no part ${hunk}; --hunks lists them.`);
        await decide({ store, thread: id, root, base, file, hunk });
      }
    if (flags.validate) {
      await mustBeTrusted(origin);
      printValidation(await validateThread(store, id, untilInterrupted()), flags);
      return;
    }
    let change = await changeOf(root, base);
    if (flags.guide) {
      change = await guided(change, root, flags);
      await keepTour(store, id, change.tour);
    }
    if (flags.describe || flags.pullRequest) {
      const description = await describe(store, id, root, change);
      if (flags.pullRequest) print(await openPullRequest(root, origin, description));
      else if (flags.json) printJson(description);
      else print(`${plain(description.title)}\n\n${plain(description.body)}`);
      return;
    }
    show(change, flags, decisionsOf(await store.read(id)));
  } finally {
    store.close();
  }
}

function show(change: Change, flags: ReviewFlags, decisions?: HunkDecisions): void {
  if (flags.json)
    printJson({
      ...change,
      ...(decisions && { accepted: [...decisions.accepted], rejected: decisions.rejected }),
    });
  else if (flags.hunks) printHunks(change, decisions);
  else if (change.files.length === 0) print('Nothing has changed.');
  else printTour(change);
}

async function changeHere(range: string): Promise<Change> {
  const { root } = workspaceAround('.');
  const repository = await openRepository(root);
  const [from = '', to] = range.split('..');
  const base = await resolveCommit(repository, from === '' ? 'HEAD' : from);
  return changeOf(
    root,
    base,
    to === undefined ? undefined : await resolveCommit(repository, to === '' ? 'HEAD' : to),
  );
}
