import { readMedia } from '../../agent/index.ts';
import { type Artifact, artifactsOf, flowOf, latestOf, standingRun } from '../../flow/index.ts';
import { knownSecrets } from '../../review/index.ts';
import { type Scrubbed, Scrubber, type StoredEvent, type ThreadStore } from '../../thread/index.ts';

/** A thread has no artifact of a name. */
export class NoSuchArtifactError extends Error {
  override name = 'NoSuchArtifactError';
  constructor(thread: string, artifact: string) {
    super(`${thread} has no artifact ${artifact}.`);
  }
}

/** What a shared page shows. */
export interface SharedContent {
  title: string;
  /** Who, when, how much, in a few words each. */
  facts: string[];
  artifacts: {
    name: string;
    title: string;
    version: number;
    text?: string;
    file?: { mediaType: string; base64: string };
    comments: { id: string; status: string; on: string; text: string; answers: string[] }[];
  }[];
  /** Of the thread; none where only an artifact is shared. */
  events: StoredEvent[];
  /** How many places were scrubbed. */
  scrubbed: number;
}

export interface ShareOptions {
  thread: string;
  /** Only this one of its artifacts. */
  artifact?: string;
  /** Further words that are to be shown to nobody. */
  hide?: readonly string[];
}

/** Files of artifacts that are larger are left out. */
const MAX_FILE = 8 * 1024 * 1024;
/** What says something of a machine or of money that no reader needs. */
const NOT_SHARED =
  /^(?:instructions\.loaded|checkpoint\.|context\.|model\.|hook\.|assistant\.delta|thread\.resumed)/;

/**
 * Collects what is shared of a thread, with what looks like a secret, or is known to be one on this machine, taken out.
 *
 * @returns the content, and what was scrubbed
 * @throws ThreadNotFoundError @throws NoSuchArtifactError
 */
export async function sharedContent(
  store: ThreadStore,
  { thread, artifact: wanted, hide = [] }: ShareOptions,
): Promise<{ content: SharedContent; scrubbed: Scrubbed[] }> {
  const events = await store.read(thread);
  const started = events.find((event) => event.type === 'thread.started');
  const folders = [...new Set([started?.workspace, started?.repository])].filter(
    (folder) => folder !== undefined,
  );
  const scrubber = new Scrubber([
    ...(await knownSecrets(folders)),
    ...hide.map((text) => ({ kind: 'hidden', text })),
  ]);
  const all = events.some(({ type }) => type === 'flow.planned')
    ? await artifactsOfFlow(store, thread, events)
    : artifactsOf(thread, events);
  const chosen = wanted === undefined ? all : withShown(all, wanted);
  if (wanted !== undefined && chosen.length === 0) throw new NoSuchArtifactError(thread, wanted);
  const shown = wanted === undefined ? events.filter(({ type }) => !NOT_SHARED.test(type)) : [];
  const content = scrubber.value({
    title: (wanted === undefined ? started?.title : chosen[0]!.title) ?? thread,
    facts: factsOf(events),
    events: shown.map(withoutFiles),
    artifacts: chosen.map(textOf),
  });
  const artifacts = await Promise.all(
    content.artifacts.map(async (one, at) => {
      const file = await fileOf(chosen[at]!);
      return { ...one, ...(file && { file }) };
    }),
  );
  const scrubbed = scrubber.found;
  const places = scrubbed.reduce((sum, { count }) => sum + count, 0);
  return { content: { ...content, artifacts, scrubbed: places }, scrubbed };
}

/** What the phases of a flow made, each by the phase's name: two may have made something of the same name. */
async function artifactsOfFlow(
  store: ThreadStore,
  thread: string,
  events: readonly StoredEvent[],
): Promise<Artifact[]> {
  const made: Artifact[] = [];
  for (const state of flowOf(thread, events).phases) {
    const run = standingRun(state);
    if (!run) continue;
    const nameOf = (name: string) => `${state.phase.name}--${name}`;
    // A phase that could not begin has no thread.
    const own = await store.read(run.thread).catch(() => []);
    for (const artifact of artifactsOf(run.thread, own))
      made.push({
        ...artifact,
        name: nameOf(artifact.name),
        versions: artifact.versions.map(({ text, ...written }) => ({
          ...written,
          ...(text !== undefined && {
            text: text.replace(REFERENCE, (_, before, name, after) => before + nameOf(name) + after),
          }),
        })),
      });
  }
  return made;
}

/** An image in a text that is another artifact of the thread. */
const REFERENCE = /(\]\(artifact:)([a-z0-9][a-z0-9-]*)(\))/g;

/** An artifact with those that its text shows. */
function withShown(all: readonly Artifact[], wanted: string): Artifact[] {
  const own = all.find(({ name }) => name === wanted);
  if (!own) return [];
  const text = latestOf(own).text ?? '';
  return [own, ...all.filter(({ name }) => text.includes(`](artifact:${name})`))];
}

function textOf(artifact: Artifact): SharedContent['artifacts'][number] {
  const { name, title, comments } = artifact;
  const { version, text: written, mediaType } = latestOf(artifact);
  const text = mediaType === 'text/x-diff' ? `~~~~~~~~diff\n${written}\n~~~~~~~~` : written;
  return {
    ...{ name, title, version, ...(text !== undefined && { text }) },
    comments: comments
      .filter(({ status }) => status !== 'draft')
      .map(({ id, status, anchor, text: said, answers }) => ({
        ...{ id, status, text: said, answers: answers.map(({ answer }) => answer) },
        on: anchor.kind === 'text' ? anchor.quote : '',
      })),
  };
}

async function fileOf(artifact: Artifact): Promise<{ mediaType: string; base64: string } | undefined> {
  const { file, mediaType, bytes } = latestOf(artifact);
  if (file === undefined || bytes > MAX_FILE || !/^(?:image|video)\//.test(mediaType)) return undefined;
  const content = await readMedia(file);
  return content && { mediaType, base64: content.toString('base64') };
}

/** Where outputs and images lie on this machine is nobody's business. */
function withoutFiles(event: StoredEvent): StoredEvent {
  if (event.type === 'thread.started') {
    const { workspace: _, repository: __, ...rest } = event;
    return { ...rest, host: '', pid: 0 };
  }
  if (event.type !== 'tool.ended' && event.type !== 'artifact.written' && event.type !== 'user.message')
    return event;
  const {
    outputFile: _,
    images: __,
    file: ___,
    look: ____,
    ...rest
  } = event as typeof event & Record<string, unknown>;
  return rest as StoredEvent;
}

function factsOf(events: readonly StoredEvent[]): string[] {
  const started = events.find((event) => event.type === 'thread.started');
  const answers = events.filter((event) => event.type === 'assistant.message');
  const ended = events.findLast((event) => event.type === 'thread.ended');
  return [
    started?.repository?.split('/').at(-1),
    started?.model ?? started?.agent,
    events[0] && new Date(events[0].at).toISOString().slice(0, 10),
    answers.length > 0 ? `${answers.length} steps` : undefined,
    ended?.status,
  ].filter((fact) => fact !== undefined);
}
