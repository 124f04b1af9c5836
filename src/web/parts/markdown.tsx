import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { type ReactNode, useMemo } from 'react';

/** What agents write is hostile until it has been through here: no script, style, form, image from elsewhere or event. */
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
    ...['blockquote', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'input'],
  ],
  ALLOWED_ATTR: ['href', 'type', 'checked', 'disabled', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
};

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noopener noreferrer');
    node.setAttribute('target', '_blank');
  }
  if (node.tagName === 'INPUT') {
    if (node.getAttribute('type') === 'checkbox') node.setAttribute('disabled', '');
    else node.remove();
  }
});

/** The markup of Markdown, safe to be shown. */
export function safeHtml(text: string): string {
  return DOMPurify.sanitize(marked.parse(text, { async: false, gfm: true }), ALLOWED);
}

export function Markdown({ text }: { text: string }): ReactNode {
  const html = useMemo(() => safeHtml(text), [text]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it has been through the sanitiser
  return <div className="prose min-w-0" dangerouslySetInnerHTML={{ __html: html }} />;
}
