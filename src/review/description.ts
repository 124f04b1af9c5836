import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { artifactsOf, flowOf, groupOf, groupOfFlow, latestOf } from '../flow/index.ts';
import { git } from '../git/index.ts';
import { Scrubber, type StoredEvent, type ThreadStore } from '../thread/index.ts';
import type { Change } from './change.ts';
import { knownSecrets } from './known-secrets.ts';
import { SLOP, type SlopKind } from './slop.ts';

/** What a pull request says. */
export interface Description {
  title: string;
  /** Markdown. */
  body: string;
}

const MAX_PROMPT = 4_000;

/**
 * Describes what a thread changed for whoever is to merge it, without a model: what was asked, what its walkthrough or its
 * answer says, an order to read it in, what to ask, and what it adds in slop.
 *
 * @throws ThreadNotFoundError
 */
export async function describe(
  store: ThreadStore,
  id: string,
  root: string,
  change: Change,
): Promise<Description> {
  const events = await store.read(id);
  const started = events.find((event) => event.type === 'thread.started');
  const title = started?.title ?? id;
  const planned = events.find((event) => event.type === 'flow.planned');
  const group = planned ? groupOfFlow(flowOf(id, events)) : groupOf(title, id);
  const parts = await partsOf(store, id, events);
  const link = await linksFor(root, change);
  const sections = [
    section('Why', parts.asked.slice(0, MAX_PROMPT)),
    section('What changed', parts.told),
    ...parts.proof,
    section('How to read it', readingOrder(change, link)),
    section('To ask', questions(change)),
    section('Plan', planIn(root, group, link)),
  ];
  const slop = slopWords(change.slop);
  const last = [`Thread ${id}.`, ...(slop === '' ? [] : [slop])].join(' ');
  const body = `${[...sections, last].filter((text) => text !== '').join('\n\n')}\n`;
  // What is published holds no secret that an agent has read.
  const folders = [...new Set([root, started?.repository])].filter((folder) => folder !== undefined);
  return new Scrubber(await knownSecrets(folders)).value({ title, body });
}

/** What was asked and what came of it: of a session from its own thread, of a flow from the threads of its phases. */
async function partsOf(store: ThreadStore, id: string, events: readonly StoredEvent[]) {
  const planned = events.find((event) => event.type === 'flow.planned');
  const children = planned ? await store.list({ parent: id, limit: 200 }) : [];
  const threads = [events, ...(await Promise.all(children.map((child) => store.read(child.id))))];
  const artifacts = threads.flatMap((own) => artifactsOf(id, own));
  const walkthrough = artifacts.findLast(({ kind }) => kind === 'walkthrough');
  const prompts = events.flatMap((event) =>
    event.type === 'user.message' && event.from !== 'kino' ? [event.text] : [],
  );
  const text = walkthrough && latestOf(walkthrough).text;
  const [told = '', proof] = text === undefined ? [lastAnswer(threads)] : text.split(/^(?=## Proof$)/m);
  return {
    asked: planned ? planned.request : (prompts[0] ?? ''),
    told: told.replace(/^# .*\n+/, '').trim(),
    proof: proof === undefined ? [] : [proof.trim()],
  };
}

function lastAnswer(threads: readonly (readonly StoredEvent[])[]): string {
  const ends = threads.flatMap((events) =>
    events.flatMap((event) => (event.type === 'thread.ended' && event.answer !== '' ? [event] : [])),
  );
  return ends.sort((a, b) => a.at - b.at).at(-1)?.answer ?? '';
}

function section(title: string, text: string): string {
  return text === '' ? '' : `## ${title}\n\n${text}`;
}

type Link = (path: string) => string;

function readingOrder({ tour }: Change, link: Link): string {
  const stops = tour.stops.map(
    ({ path, why, added, removed }, at) => `${at + 1}. ${link(path)} (+${added} −${removed}): ${why}`,
  );
  const folded = tour.folded.map(({ path }) => link(path));
  return [...stops, ...(folded.length > 0 ? [`\nNot to be read: ${folded.join(', ')}.`] : [])].join('\n');
}

function questions({ tour }: Change): string {
  return tour.stops
    .flatMap(({ path, questions: own }) => own.map((question) => `- \`${path}\`: ${question}`))
    .join('\n');
}

/** The plan, where it lies among the files of the change. */
function planIn(root: string, group: string, link: Link): string {
  const path = `.kino/artifacts/${group}/plan.md`;
  return existsSync(join(root, path)) ? link(path) : '';
}

function slopWords(slop: Record<SlopKind, number>): string {
  const words = Object.entries(slop)
    .filter(([, delta]) => delta !== 0)
    .map(([kind, delta]) => `${delta > 0 ? '+' : '−'}${Math.abs(delta)} ${SLOP[kind as SlopKind]}`);
  return words.length === 0 ? '' : `It adds: ${words.join(', ')}.`;
}

/** Paths as links to the commit where the repository's home on the web is known, otherwise as code. */
async function linksFor(root: string, { head }: Change): Promise<Link> {
  const [remote, commit] = await Promise.all([
    git(root, ['remote', 'get-url', 'origin']).catch(() => ''),
    head ?? git(root, ['rev-parse', 'HEAD']).catch(() => ''),
  ]);
  const home = webHome(remote);
  if (home === undefined || commit === '') return (path) => `\`${path}\``;
  const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/');
  return (path) => `[\`${path}\`](${home}/blob/${commit}/${encoded(path)})`;
}

/** Where a repository is shown, by the address that it is fetched from: on GitHub and GitLab. */
export function webHome(remote: string): string | undefined {
  const [, host, path] =
    /^(?:https?:\/\/(?:[^@/]+@)?|ssh:\/\/git@|git@)([\w.-]+)[:/]([\w.-]+(?:\/[\w.-]+)+?)(?:\.git)?\/?$/.exec(
      remote.trim(),
    ) ?? [];
  return host !== undefined && /(?:^|\.)git(?:hub|lab)\./.test(host) ? `https://${host}/${path}` : undefined;
}
