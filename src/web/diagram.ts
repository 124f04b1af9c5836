/**
 * Runs in a frame of its own, whose content policy allows what mermaid needs to measure text (styles of its own) and
 * nothing else: no request, no image, no script but this one. Its page gets the drawing as text and shows it as an image,
 * which does nothing.
 */
import mermaid from 'mermaid';

export interface DiagramRequest {
  id: number;
  source: string;
  dark: boolean;
}
export type DiagramAnswer = { id: number; svg: string } | { id: number; error: string };

/** What is larger would hold up the page. */
const MAX_TEXT = 50_000;
const MAX_EDGES = 500;

let work: Promise<void> = Promise.resolve();

window.addEventListener('message', ({ data, source, origin }: MessageEvent<DiagramRequest>) => {
  if (origin !== location.origin || source !== window.parent) return;
  // It draws one at a time: the theme is the whole library's.
  work = work.then(async () => {
    const answer = await draw(data).catch(
      (error: unknown): DiagramAnswer => ({
        id: data.id,
        error: (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.slice(0, 300),
      }),
    );
    window.parent.postMessage(answer, location.origin);
  });
});
window.parent.postMessage('ready', location.origin);

async function draw({ id, source, dark }: DiagramRequest): Promise<DiagramAnswer> {
  mermaid.initialize({
    ...{ startOnLoad: false, securityLevel: 'strict', theme: dark ? 'dark' : 'neutral' },
    // What a browser lays out as HTML is not drawn in an image everywhere.
    ...{ htmlLabels: false, flowchart: { htmlLabels: false }, suppressErrorRendering: true },
    ...{ maxTextSize: MAX_TEXT, maxEdges: MAX_EDGES, fontFamily: 'ui-sans-serif, system-ui, sans-serif' },
  });
  const { svg } = await mermaid.render(`diagram-${id}`, source);
  const holder = document.createElement('div');
  holder.innerHTML = svg;
  const drawing = holder.querySelector('svg');
  if (!drawing) throw new Error('It draws nothing.');
  // An image has the size that it says.
  const [, , width = 300, height = 150] = (drawing.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  drawing.setAttribute('width', String(Math.ceil(width)));
  drawing.setAttribute('height', String(Math.ceil(height)));
  return { id, svg: new XMLSerializer().serializeToString(drawing) };
}
