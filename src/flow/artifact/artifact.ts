import type { Anchor, ArtifactWritten, ThreadEvent } from '../../thread/index.ts';
import { locate } from './anchor.ts';
import { locateRegion, type Region } from './region.ts';

/** An artifact with all its versions, as its thread tells it. */
export interface Artifact {
  /** The thread that it was made in. */
  thread: string;
  name: string;
  kind: ArtifactWritten['kind'];
  title: string;
  /** The first first. */
  versions: ArtifactWritten[];
  comments: Comment[];
}

/**
 * A comment with what became of it: `addressed` when the agent did what it wants or the person is done with it, `stale`
 * when what it is about is gone from the latest version, otherwise `open`; a `draft` the agent does not know yet.
 */
export interface Comment {
  id: string;
  artifact: string;
  /** The version that it was made on. */
  version: number;
  anchor: Anchor;
  text: string;
  status: 'draft' | 'open' | 'addressed' | 'stale';
  answers: { answer: string; addressed: boolean }[];
}

/** The artifacts of a thread, in the order in which they were begun. */
export function artifactsOf(thread: string, events: readonly ThreadEvent[]): Artifact[] {
  const artifacts = new Map<string, Artifact>();
  const comments = new Map<string, Comment>();
  for (const event of events) {
    switch (event.type) {
      case 'artifact.written': {
        const { artifact: name, kind, title } = event;
        const known = artifacts.get(name);
        if (known) {
          known.versions.push(event);
          Object.assign(known, { kind, title });
        } else artifacts.set(name, { thread, name, kind, title, versions: [event], comments: [] });
        break;
      }
      case 'comment.added': {
        const { comment: id, artifact, version, anchor, text } = event;
        const comment: Comment = { id, artifact, version, anchor, text, status: 'draft', answers: [] };
        comments.set(id, comment);
        artifacts.get(artifact)?.comments.push(comment);
        break;
      }
      case 'comments.sent':
        for (const id of event.comments) {
          const comment = comments.get(id);
          if (comment?.status === 'draft') comment.status = 'open';
        }
        break;
      case 'comment.answered': {
        const { answer, addressed } = event;
        const comment = comments.get(event.comment);
        comment?.answers.push({ answer, addressed });
        if (comment && addressed) comment.status = 'addressed';
        break;
      }
      case 'comment.closed': {
        const comment = comments.get(event.comment);
        // What is taken back before anybody knows of it was never said.
        if (comment?.status === 'draft') removeFrom(artifacts.get(comment.artifact)?.comments, comment);
        else if (comment) comment.status = 'addressed';
        break;
      }
      case 'comment.reopened': {
        const comment = comments.get(event.comment);
        if (comment?.status === 'addressed') comment.status = 'open';
        break;
      }
    }
  }
  for (const artifact of artifacts.values())
    for (const comment of artifact.comments)
      if (comment.status === 'open' && !isThere(comment, artifact)) comment.status = 'stale';
  return [...artifacts.values()];
}

function removeFrom<T>(list: T[] | undefined, one: T): void {
  const at = list?.indexOf(one) ?? -1;
  if (at !== -1) list!.splice(at, 1);
}

/** The latest version. */
export function latestOf({ versions }: Artifact): ArtifactWritten {
  return versions.at(-1)!;
}

/** Whether what a comment is about is still in the latest version. */
function isThere(comment: Comment, artifact: Artifact): boolean {
  const { anchor } = comment;
  if (anchor.kind === 'region') return placeOf(comment, artifact) !== undefined;
  const { text } = latestOf(artifact);
  if (text === undefined) return true;
  if (anchor.kind === 'diff') return isInDiff(anchor, text);
  return anchor.kind !== 'text' || locate(anchor, text) !== undefined;
}

/**
 * Where the rectangle of a comment is in the latest version. Moments of a recording, and images of which nobody knows how
 * they look, are taken to be where they were.
 *
 * @returns undefined where what it shows is gone, or where the comment is on no rectangle
 */
export function placeOf({ anchor, version }: Comment, artifact: Artifact): Region | undefined {
  if (anchor.kind !== 'region') return undefined;
  const latest = latestOf(artifact);
  const before = artifact.versions.find((one) => one.version === version);
  if (!before?.look || !latest.look || before.file === latest.file || anchor.second !== undefined)
    return anchor;
  // Files go by what is in them, and an anchor is asked for at every look.
  const key = JSON.stringify([before.file, latest.file, anchor]);
  if (!places.has(key)) {
    if (places.size >= MAX_PLACES) places.clear();
    places.set(key, locateRegion(anchor, before.look, latest.look));
  }
  return places.get(key);
}

const MAX_PLACES = 1_000;
const places = new Map<string, Region | undefined>();

/** Whether the lines that a comment is about are still what a diff does to their file, wherever in it they have gone. */
function isInDiff({ path, side, text }: Extract<Anchor, { kind: 'diff' }>, diff: string): boolean {
  const own = diff
    .split(/^(?=diff --git )/m)
    .filter((part) => part.split('\n', 1)[0]!.endsWith(` b/${path}`));
  const other = side === 'new' ? '-' : '+';
  const lines = own.flatMap((part) => part.split('\n').filter((line) => !line.startsWith(other)));
  const held = new Set(lines.map((line) => line.slice(1)));
  return text.split('\n').every((line) => held.has(line));
}
