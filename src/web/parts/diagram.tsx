import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { DiagramAnswer, DiagramRequest } from '../diagram.ts';

/** Longer than this no drawing takes; the frame is taken to be stuck. */
const TIMEOUT_MS = 15_000;

let frame: Promise<Window> | undefined;
let last = 0;
const waiting = new Map<number, (answer: DiagramAnswer) => void>();

/** The frame that draws, made when the first diagram is shown. */
function drawingFrame(): Promise<Window> {
  frame ??= new Promise((resolve) => {
    const element = document.createElement('iframe');
    element.src = '/diagram.html';
    element.title = 'Draws diagrams';
    element.tabIndex = -1;
    element.ariaHidden = 'true';
    // It measures text, so that it must be laid out, and is not to be seen.
    element.className = 'pointer-events-none fixed -left-[2000px] top-0 h-[1000px] w-[1600px] opacity-0';
    window.addEventListener('message', ({ data, source, origin }: MessageEvent<'ready' | DiagramAnswer>) => {
      if (origin !== location.origin || source !== element.contentWindow) return;
      if (data === 'ready') resolve(element.contentWindow!);
      else waiting.get(data.id)?.(data);
    });
    document.body.append(element);
  });
  return frame;
}

async function draw(source: string, dark: boolean): Promise<DiagramAnswer> {
  const id = ++last;
  const answer = new Promise<DiagramAnswer>((resolve) => {
    waiting.set(id, resolve);
    setTimeout(() => resolve({ id, error: 'It takes too long to draw.' }), TIMEOUT_MS);
  });
  void drawingFrame().then((to) =>
    to.postMessage({ id, source, dark } satisfies DiagramRequest, location.origin),
  );
  return answer.finally(() => waiting.delete(id));
}

/** Whether there is a server to bring what draws. */
export const DrawingContext = createContext(true);

/** A mermaid diagram, drawn as an image; its source where it is none, or nobody can draw it. */
export function Diagram({ source }: { source: string }): ReactNode {
  const canDraw = useContext(DrawingContext);
  const [drawn, setDrawn] = useState<{ url: string } | { error: string }>();
  useEffect(() => {
    if (!canDraw) return;
    let current = true;
    let url: string | undefined;
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    void draw(source, dark).then((answer) => {
      if (!current) return;
      if ('error' in answer) return setDrawn({ error: answer.error });
      url = URL.createObjectURL(new Blob([answer.svg], { type: 'image/svg+xml' }));
      setDrawn({ url });
    });
    return () => {
      current = false;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [source, canDraw]);
  return (
    <figure className="my-3">
      {drawn && 'url' in drawn && (
        <img src={drawn.url} alt="Diagram; its source is below" className="max-w-full" />
      )}
      {drawn && 'error' in drawn && <p className="text-sm text-bad">It cannot be drawn: {drawn.error}</p>}
      <details open={!canDraw || (drawn !== undefined && 'error' in drawn)}>
        <summary className="cursor-pointer text-xs text-quiet">Source</summary>
        <pre>
          <code>{source}</code>
        </pre>
      </details>
    </figure>
  );
}
