import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import { type ReactNode, useMemo } from 'react';

/** Of what agents write markup is text, images are their words, and boxes are signs. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => escaped(text || href),
    checkbox: ({ checked }) => (checked ? '\u2611 ' : '\u2610 '),
  },
});

/** What is left is looked through once more: no script, style, form, frame, image or event. */
const ALLOWED = {
  ALLOWED_TAGS: [
    ...[
      'h1',
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
    ],
    ...['blockquote', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'start', 'align'],
  // What is no address is not held to the pattern of addresses.
  ADD_URI_SAFE_ATTR: ['start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
};

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return;
  node.setAttribute('rel', 'noopener noreferrer');
  node.setAttribute('target', '_blank');
});

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The markup of Markdown, safe to be shown. */
export function safeHtml(text: string): string {
  return DOMPurify.sanitize(marked.parse(text, { async: false }), ALLOWED);
}

export function Markdown({ text }: { text: string }): ReactNode {
  const html = useMemo(() => safeHtml(text), [text]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it has been through the sanitiser
  return <div className="prose min-w-0" dangerouslySetInnerHTML={{ __html: html }} />;
}
