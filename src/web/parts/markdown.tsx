import DOMPurify from 'dompurify';
import { Marked, Renderer, type Token } from 'marked';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { highlightName, languageOf, tokensOf } from './code-colours.ts';
import { Diagram } from './diagram.tsx';
import { Media } from './media.tsx';
import { place } from './source-map.ts';
import { mark } from './text-marks.ts';

/** Of what agents write markup is text, images are their words, and boxes are signs. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: (token) => leaf('span', token, escaped(token.text)),
    text(token) {
      const html = Renderer.prototype.text.call(this, token);
      return 'tokens' in token && token.tokens ? html : leaf('span', token, html);
    },
    codespan: (token) => leaf('code', token, escaped(token.text), true),
    code: (token) =>
      `<pre tabindex="0" data-language="${escaped(token.lang ?? '')}">${leaf('code', token, escaped(token.text), true)}</pre>\n`,
    // A page has one first heading, its own.
    heading(token) {
      const level = Math.min(6, token.depth + 1);
      return `<h${level}>${this.parser.parseInline(token.tokens)}</h${level}>\n`;
    },
    image: ({ text, href }) => escaped(text || href),
    checkbox: ({ checked }) => (checked ? '\u2611 ' : '\u2610 '),
  },
});

/** What is left is looked through once more: no script, style, form, frame, image or event. */
const ALLOWED = {
  ALLOWED_TAGS: [
    ...[
      'h2',
      'h3',
      'h4',
      'h5',
      'h6',
      'p',
      'ul',
      'ol',
      'li',
      'pre',
      'code',
      'em',
      'strong',
      'del',
      'a',
      'br',
      'hr',
      'span',
    ],
    ...['blockquote', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'start', 'align', 'tabindex'],
  // What is no address is not held to the pattern of addresses.
  ADD_URI_SAFE_ATTR: ['start', 'align', 'tabindex'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
};

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return;
  node.setAttribute('rel', 'noopener noreferrer');
  node.setAttribute('target', '_blank');
});

/** What is shown of a token, told where in the source it is where that is known. */
function leaf(tag: string, token: Token & { at?: number }, html: string, isKept = false): string {
  if (token.at !== undefined) return `<${tag} data-at="${token.at}">${html}</${tag}>`;
  return isKept ? `<${tag}>${html}</${tag}>` : html;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function safe(html: string): string {
  return DOMPurify.sanitize(html, ALLOWED);
}

/** A part of a text that is shown by itself, or markup for all between two such. */
type Part =
  | { kind: 'html'; html: string }
  | { kind: 'diagram'; source: string }
  | { kind: 'media'; name: string; alt: string };

function partsOf(text: string, isPlaced: boolean): Part[] {
  const parts: Part[] = [];
  let run: Token[] = [];
  const end = () => {
    if (run.length > 0) parts.push({ kind: 'html', html: safe(marked.parser(run)) });
    run = [];
  };
  const tokens = marked.lexer(text);
  if (isPlaced) place(tokens, text);
  for (const token of tokens) {
    const part = ownPart(token);
    if (part) {
      end();
      parts.push(part);
    } else run.push(token);
  }
  end();
  return parts;
}

/** Diagrams, and images of the same thread that stand in a paragraph of their own. */
function ownPart(token: Token): Part | undefined {
  if (token.type === 'code' && token.lang === 'mermaid')
    return { kind: 'diagram', source: token.text as string };
  const [only, second] = token.type === 'paragraph' ? (token.tokens ?? []) : [];
  if (only?.type !== 'image' || second) return undefined;
  const name = /^artifact:([a-z0-9][a-z0-9-]*)$/.exec(only.href as string)?.[1];
  return name === undefined ? undefined : { kind: 'media', name, alt: only.text as string };
}

/**
 * @param thread whose images it may show
 * @param isPlaced what is shown tells in `data-at` where in the text it comes from
 */
export function Markdown({
  text,
  thread,
  isPlaced = false,
}: {
  text: string;
  thread?: string;
  isPlaced?: boolean;
}): ReactNode {
  const parts = useMemo(() => partsOf(text, isPlaced), [text, isPlaced]);
  const root = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other parts are other code
  useEffect(() => (root.current ? colourCode(root.current) : undefined), [parts]);
  return (
    <div ref={root} className="prose min-w-0">
      {parts.map((part, at) => {
        const key = `${part.kind}${at}`;
        if (part.kind === 'diagram') return <Diagram key={key} source={part.source} />;
        if (part.kind === 'media')
          return thread === undefined ? (
            <p key={key}>{part.alt}</p>
          ) : (
            <Media key={key} thread={thread} name={part.name} alt={part.alt} />
          );
        // biome-ignore lint/security/noDangerouslySetInnerHtml: it has been through the sanitiser
        return <div key={key} dangerouslySetInnerHTML={{ __html: part.html }} />;
      })}
    </div>
  );
}

/** Colours the blocks of code below an element. @returns what takes the colours away */
function colourCode(root: Element): () => void {
  let gone = false;
  const unmark: (() => void)[] = [];
  for (const block of root.querySelectorAll<HTMLElement>('pre[data-language]')) {
    const text = block.querySelector('code')?.firstChild;
    const code = text?.textContent ?? '';
    void tokensOf(code, languageOf(block.dataset.language?.split(/\s/, 1)[0] ?? '')).then((tokens) => {
      if (gone || !text) return;
      for (const { kind, start, end } of tokens) {
        const place = { startContainer: text, startOffset: start, endContainer: text, endOffset: end };
        unmark.push(mark(highlightName(kind), [new StaticRange(place)]));
      }
    });
  }
  return () => {
    gone = true;
    for (const one of unmark) one();
  };
}
