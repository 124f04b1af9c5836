/** A thread or an artifact as a page of its own: all that it shows is in it, and nothing is asked of anybody. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { SharedContent } from '../server/index.ts';
import { DrawingContext } from './parts/diagram.tsx';
import { EventItem } from './parts/event.tsx';
import { itemsOf } from './parts/items.ts';
import { Markdown } from './parts/markdown.tsx';
import { Media, MediaSourceContext } from './parts/media.tsx';
import './style.css';

const content = JSON.parse(document.getElementById('content')!.textContent!) as SharedContent;
const files = new Map(content.artifacts.flatMap(({ name, file }) => (file ? [[name, file] as const] : [])));

async function fileOf(_thread: string, name: string): Promise<Blob> {
  const file = files.get(name);
  if (!file) throw new Error('It was not shared.');
  const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: file.mediaType });
}

function Artifact({ artifact }: { artifact: SharedContent['artifacts'][number] }) {
  const { name, title, version, text, comments } = artifact;
  return (
    <article aria-label={title} className="card flex min-w-0 flex-col gap-3 p-4">
      <p className="text-sm text-quiet">
        {name}, version {version}
      </p>
      {text === undefined ? <Media thread="" name={name} alt={title} /> : <Markdown text={text} thread="" />}
      {comments.length > 0 && (
        <ul aria-label="Comments" className="flex flex-col gap-2 border-t border-line pt-3 text-sm">
          {comments.map(({ id, status, on, text: said, answers }) => (
            <li key={id}>
              <span className="text-quiet">{status}</span>
              {on !== '' && <blockquote className="border-l-2 border-line pl-2 text-quiet">{on}</blockquote>}
              <p className="whitespace-pre-wrap">{said}</p>
              {answers.map((answer) => (
                <p key={answer} className="text-accent">
                  ↳ {answer}
                </p>
              ))}
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

function Shared() {
  const { title, facts, artifacts, events, scrubbed } = content;
  const items = itemsOf(events).items.map((item) =>
    item.kind === 'note' ? { ...item, to: undefined } : item,
  );
  return (
    <main className="mx-auto flex max-w-4xl flex-col gap-5 px-4 py-6">
      <header>
        <h1 className="text-xl font-semibold">{title}</h1>
        <p className="flex flex-wrap gap-x-3 text-sm text-quiet">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
          <span>made with Kino</span>
        </p>
        {scrubbed > 0 && (
          <p className="text-sm text-needs">
            {scrubbed} {scrubbed === 1 ? 'place was' : 'places were'} scrubbed of what is nobody’s business.
          </p>
        )}
      </header>
      {artifacts.map((artifact) => (
        <Artifact key={artifact.name} artifact={artifact} />
      ))}
      {items.length > 0 && (
        <section aria-label="What was said and done" className="card flex flex-col gap-3 p-4">
          {items.map((item) => (
            <EventItem key={item.seq} item={item} />
          ))}
        </section>
      )}
    </main>
  );
}

document.title = content.title;
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <DrawingContext.Provider value={false}>
      <MediaSourceContext.Provider value={fileOf}>
        <Shared />
      </MediaSourceContext.Provider>
    </DrawingContext.Provider>
  </StrictMode>,
);
