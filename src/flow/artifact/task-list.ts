import { distance } from 'fastest-levenshtein';
import type { TodoItem } from '../../thread/index.ts';

/** Longer ones are not compared. */
const MAX_LINE = 500;
/** An item of a task list of GitHub Flavored Markdown. */
const TASK = /^(\s*(?:[-*+]|\d+[.)])\s+\[)([ xX])(\]\s+)(.*)$/;

/** Ticks the items of a task list that an agent has done, whose words it need not repeat to the letter. */
export function ticked(markdown: string, todos: readonly TodoItem[]): string {
  const done = todos
    .filter(({ status, text }) => status === 'done' && text.length <= MAX_LINE)
    .map(({ text }) => plainWords(text));
  if (done.length === 0) return markdown;
  return markdown
    .split('\n')
    .map((line) => {
      if (line.length > MAX_LINE) return line;
      const task = TASK.exec(line);
      if (task?.[2] !== ' ') return line;
      const words = plainWords(task[4]!);
      return done.some((one) => isSame(one, words)) ? `${task[1]}x${task[3]}${task[4]}` : line;
    })
    .join('\n');
}

/** The text without its ticks, by which two that differ in nothing else are the same. */
export function unticked(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => (line.length > MAX_LINE ? line : line.replace(TASK, '$1 $3$4')))
    .join('\n');
}

function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function isSame(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  return a === b || distance(a, b) <= Math.min(a.length, b.length) * 0.2;
}
