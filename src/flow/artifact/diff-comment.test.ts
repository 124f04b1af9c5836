import { expect, test } from 'vitest';
import type { ThreadEvent } from '../../thread/index.ts';
import { artifactsOf } from './artifact.ts';

const diff = (version: number, ...parts: string[]): ThreadEvent => ({
  ...{ type: 'artifact.written', artifact: 'diff', kind: 'diff', title: 'What changed', version },
  ...{ mediaType: 'text/x-diff', text: parts.join('\n'), bytes: 1 },
});
const on = (path: string, side: 'old' | 'new', text: string): ThreadEvent => ({
  ...{ type: 'comment.added', comment: 'c1', artifact: 'diff', version: 1, text: 'why?' },
  anchor: { kind: 'diff', path, side, line: 1, text, before: '', after: '' },
});
const sent: ThreadEvent = { type: 'comments.sent', comments: ['c1'] };
const A = 'diff --git a/a.js b/a.js\n@@ -1,1 +1,1 @@\n-was\n+is';
const MOVED = 'diff --git a/a.js b/a.js\n@@ -1,2 +1,3 @@\n top\n-was\n+new\n+is';
const B = 'diff --git a/b.js b/b.js\n@@ -0,0 +1,1 @@\n+is';

function statusOf(comment: ThreadEvent, ...versions: string[][]): string {
  const written = versions.map((parts, at) => diff(at + 1, ...parts));
  return artifactsOf('t', [written[0]!, comment, sent, ...written.slice(1)])[0]!.comments[0]!.status;
}

test('a comment on a line of a diff follows it, and is stale where the change no longer makes it', () => {
  expect(statusOf(on('a.js', 'new', 'is'), [A], [MOVED])).toBe('open');
  expect(statusOf(on('a.js', 'old', 'was'), [A], [MOVED])).toBe('open');
  expect(statusOf(on('a.js', 'new', 'is'), [A, B], [A.replace('+is', '+other'), B])).toBe('stale');
  expect(statusOf(on('a.js', 'old', 'was'), [A], [B])).toBe('stale');
  // A line that was taken away is none that is there.
  expect(statusOf(on('a.js', 'new', 'was'), [A])).toBe('stale');
});
