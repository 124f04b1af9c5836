import type { Sandbox } from '../../sandbox/index.ts';
import type { ArtifactWritten } from '../../thread/index.ts';
import { Browser, browserTools, type Shell, type Tool } from '../../tool/index.ts';
import { lookOf } from '../look.ts';
import { keepMedia, type MediaType } from '../media.ts';

/** An artifact that is a file, before it is known which version it is. */
export type NewFile = Pick<
  ArtifactWritten,
  'artifact' | 'kind' | 'title' | 'mediaType' | 'file' | 'bytes' | 'look'
>;

export interface BrowsingOptions {
  sandbox: Sandbox;
  /** Whose background jobs may be looked at. */
  shells: readonly Shell[];
  allows(host: string): boolean;
  /** What the recording is called. */
  name: string;
  title: string;
  /** Writes an artifact into the thread of whoever handed the work on. */
  write(file: NewFile): Promise<void>;
}

/** A browser for one piece of work, its tools, and what it recorded as artifacts when the work is done. */
export function browsing(options: BrowsingOptions): { tools: Tool[]; end(): Promise<string[]> } {
  const { sandbox, shells, allows, name, title, write } = options;
  const browser = new Browser({
    root: sandbox.root,
    contained: sandbox.name !== 'danger-full-access',
    allows,
    local: (port) => connectTo(shells, port),
  });
  const put = async (
    artifact: string,
    about: Pick<NewFile, 'kind' | 'title'>,
    content: Buffer,
    mediaType: MediaType,
  ) => {
    const [file, look] = await Promise.all([keepMedia(content, mediaType), lookOf(content, mediaType)]);
    await write({ artifact, ...about, mediaType, file, bytes: content.length, ...(look && { look }) });
    return artifact;
  };
  return {
    tools: browserTools(browser, (picture, of, png) =>
      put(picture, { kind: 'image', title: of }, png, 'image/png'),
    ),
    async end() {
      const { video, trace } = await browser.close();
      const about = { kind: 'recording', title } as const;
      const made: string[] = [];
      if (video) made.push(await put(`${name}-recording`, about, video, 'video/webm'));
      if (trace) made.push(await put(`${name}-trace`, about, trace, 'application/zip'));
      return made;
    },
  };
}

/** Connects to whichever background job listens on a port. @throws Error where none does */
async function connectTo(shells: readonly Shell[], port: number) {
  for (const job of shells.flatMap((shell) => shell.jobs())) {
    if (job.ended || !job.ports) continue;
    const listening = await job.ports.listening();
    if (listening === undefined || listening.includes(port)) return job.ports.connect(port);
  }
  throw new Error(`Nothing of this workspace listens on port ${port}.`);
}
