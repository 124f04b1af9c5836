import {
  createContext,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react';

/** A part of an image in shares of its width and height, at a moment in seconds where it is a recording. */
export interface Region {
  kind: 'region';
  x: number;
  y: number;
  width: number;
  height: number;
  second?: number;
}

/** The file of an artifact of the latest version, or of one. @throws Error where there is none */
export type MediaSource = (thread: string, name: string, version?: number) => Promise<Blob>;

/** Where files of artifacts come from: a page that is shared carries them. */
export const MediaSourceContext = createContext<MediaSource>(async () => {
  throw new Error('There is no such file.');
});

/** The file of an artifact, as an address that only this page knows. */
function useMedia(
  thread: string,
  name: string,
  version?: number,
): { url?: string; type?: string; error?: string } {
  const source = useContext(MediaSourceContext);
  const [media, setMedia] = useState<{ url?: string; type?: string; error?: string }>({});
  useEffect(() => {
    let current = true;
    let url: string | undefined;
    source(thread, name, version).then(
      (blob) => {
        if (!current) return;
        url = URL.createObjectURL(blob);
        setMedia({ url, type: blob.type });
      },
      (error: Error) => current && setMedia({ error: error.message }),
    );
    return () => {
      current = false;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [source, thread, name, version]);
  return media;
}

/** An image or a recording of a thread, to be looked at. */
export function Media({ thread, name, alt }: { thread: string; name: string; alt: string }): ReactNode {
  const { url, type, error } = useMedia(thread, name);
  if (error) return <p className="text-sm text-quiet">{alt} (not there)</p>;
  if (!url) return <p className="text-sm text-quiet">{alt} …</p>;
  if (type?.startsWith('video/'))
    return (
      // biome-ignore lint/a11y/useMediaCaption: what an agent recorded of a screen has no sound
      <video src={url} controls className="my-2 max-w-full rounded border border-line" aria-label={alt} />
    );
  return <img src={url} alt={alt} className="my-2 max-w-full rounded border border-line" />;
}

/** The smallest rectangle that is meant as one, as a share. */
const LEAST = 0.01;

/** An image or a recording in which a rectangle can be drawn to say what a comment is about. */
export function MediaWithRegions({
  thread,
  name,
  version,
  title,
  marks,
  chosen,
  onChoose,
}: {
  thread: string;
  name: string;
  version: number;
  title: string;
  /** Rectangles of comments that are there, with their numbers. */
  marks: readonly { number: number; region: Region }[];
  chosen: Region | undefined;
  onChoose(region: Region | undefined): void;
}): ReactNode {
  const { url, type, error } = useMedia(thread, name, version);
  const video = useRef<HTMLVideoElement>(null);
  const from = useRef<{ x: number; y: number }>(undefined);
  const [marking, setMarking] = useState(false);
  if (error) return <p className="text-bad">{error}</p>;
  if (!url) return <p className="text-quiet">…</p>;
  if (type === 'application/zip')
    return (
      <p>
        <a href={url} download={`${name}.zip`} className="text-accent underline">
          {name}.zip
        </a>{' '}
        <span className="text-quiet">opens with `npx playwright show-trace`</span>
      </p>
    );
  const isVideo = type?.startsWith('video/') ?? false;
  const at = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLElement>) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    return { x: clamp((clientX - left) / width), y: clamp((clientY - top) / height) };
  };
  const between = (a: { x: number; y: number }, b: { x: number; y: number }): Region => ({
    kind: 'region',
    ...{ x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) },
    ...{ width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) },
    ...(isVideo && { second: video.current?.currentTime ?? 0 }),
  });
  const move = (event: PointerEvent<HTMLElement>) => {
    if (from.current) onChoose(between(from.current, at(event)));
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="relative inline-block self-start">
        {isVideo ? (
          // biome-ignore lint/a11y/useMediaCaption: what an agent recorded of a screen has no sound
          <video
            ref={video}
            src={url}
            controls={!marking}
            className="max-w-full rounded"
            aria-label={title}
          />
        ) : (
          <img src={url} alt={title} className="max-w-full rounded" draggable={false} />
        )}
        {(!isVideo || marking) && (
          <div
            className="absolute inset-0 cursor-crosshair touch-none"
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              from.current = at(event);
            }}
            onPointerMove={move}
            onPointerUp={(event) => {
              const drawn = from.current && between(from.current, at(event));
              from.current = undefined;
              // A click is no rectangle.
              onChoose(drawn && drawn.width >= LEAST && drawn.height >= LEAST ? drawn : undefined);
            }}
          />
        )}
        {marks.map(({ number, region }) => (
          <Mark key={number} region={region} label={String(number)} />
        ))}
        {chosen && <Mark region={chosen} label="+" />}
      </div>
      <div className="flex flex-wrap items-center gap-2 text-sm">
        {isVideo && (
          <button
            type="button"
            className="button"
            aria-pressed={marking}
            onClick={() => {
              video.current?.pause();
              if (!marking)
                onChoose({
                  kind: 'region',
                  x: 0,
                  y: 0,
                  width: 1,
                  height: 1,
                  second: video.current?.currentTime ?? 0,
                });
              setMarking(!marking);
            }}
          >
            {marking ? 'Play on' : 'Comment on this moment'}
          </button>
        )}
        <RegionFields
          region={chosen}
          onChange={onChoose}
          second={() => (isVideo ? video.current?.currentTime : undefined)}
        />
      </div>
    </div>
  );
}

function Mark({ region: { x, y, width, height }, label }: { region: Region; label: string }): ReactNode {
  return (
    <span
      className="pointer-events-none absolute rounded border-2 border-needs bg-needs/15"
      ref={(node) => {
        for (const [name, share] of Object.entries({ left: x, top: y, width, height }))
          node?.style.setProperty(name, `${share * 100}%`);
      }}
    >
      <span className="absolute -top-2 -left-2 rounded-full bg-needs px-1.5 text-xs font-semibold text-panel">
        {label}
      </span>
    </span>
  );
}

const FIELDS = [
  ['x', 'from left'],
  ['y', 'from top'],
  ['width', 'wide'],
  ['height', 'high'],
] as const;

/** The rectangle in numbers, for whoever draws with no pointer. */
function RegionFields({
  region,
  onChange,
  second,
}: {
  region: Region | undefined;
  onChange(region: Region): void;
  second(): number | undefined;
}): ReactNode {
  const whole = { kind: 'region', x: 0, y: 0, width: 1, height: 1 } as const;
  return (
    <details>
      <summary className="cursor-pointer text-quiet">The place in numbers</summary>
      <div className="flex flex-wrap gap-2">
        {FIELDS.map(([name, label]) => (
          <label key={name} className="flex items-center gap-1">
            {label}
            <input
              type="number"
              className="field w-20"
              min={0}
              max={100}
              value={region ? Math.round(region[name] * 100) : ''}
              onChange={({ target: { value } }) => {
                const now = second();
                onChange({
                  ...(region ?? { ...whole, ...(now !== undefined && { second: now }) }),
                  [name]: clamp(Number(value) / 100),
                });
              }}
            />
            %
          </label>
        ))}
      </div>
    </details>
  );
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
}
