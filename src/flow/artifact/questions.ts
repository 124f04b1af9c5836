import { createHash } from 'node:crypto';

/** A question of an artifact that its reader is to answer. */
export interface OpenQuestion {
  /** The same as long as the question's words are. */
  id: string;
  question: string;
  /** Answers to choose from; another one may be given. */
  options: string[];
  /** The line that it is on, from 1. */
  line: number;
}

/** Longer lines are no headings and no questions; what an agent writes may be made to take long. */
const MAX_LINE = 2_000;
const HEADING = /^(#{1,6})[ \t](.*)$/;
const ITEM = /^(\s*)(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$/;

/**
 * The questions below a heading with the words "open questions" in Markdown: the items of its lists, with the items
 * below each as answers to choose from. An item of a list of its own that ends with `(a | b)` has those.
 */
export function openQuestions(markdown: string): OpenQuestion[] {
  const questions: OpenQuestion[] = [];
  /** The level of the heading that we are below. */
  let level: number | undefined;
  let indent = 0;
  let fence: string | undefined;
  for (const [at, line] of markdown.split('\n').entries()) {
    if (line.length > MAX_LINE) continue;
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (mark && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined;
    if (fence !== undefined || mark) continue;
    const heading = HEADING.exec(line);
    if (heading) {
      const own = heading[1]!.length;
      if (/\bopen questions?\b/i.test(heading[2]!)) level = own;
      else if (level !== undefined && own <= level) level = undefined;
      continue;
    }
    if (level === undefined) continue;
    const item = ITEM.exec(line);
    if (!item) continue;
    const [, space = '', text = ''] = item;
    const depth = space.replaceAll('\t', '    ').length;
    const last = questions.at(-1);
    if (last && depth > indent) {
      last.options.push(text.trim());
      continue;
    }
    indent = depth;
    const [, before = text, choices] = /^(.*\?)\s*\(([^()]*\|[^()]*)\)\s*$/.exec(text) ?? [];
    const question = before.replace(/^\*\*(.*?)\*\*/, '$1').trim();
    if (question === '') continue;
    questions.push({
      id: createHash('sha256').update(question).digest('hex').slice(0, 10),
      question,
      options: choices?.split('|').map((choice) => choice.trim()) ?? [],
      line: at + 1,
    });
  }
  return questions;
}
