import { UnsupportedInstructionError, WordError } from './dockerfile-error.ts';
import { SPACE, substitutedWords } from './dockerfile-words.ts';

/** No Dockerfile that a person wrote comes near. */
const MAX_BYTES = 1024 * 1024;

/** A text that stands in the Dockerfile itself, below the instruction. */
export interface Heredoc {
  name: string;
  /** False where its name is quoted: then nothing in it is filled in. */
  expands: boolean;
  /** `<<-`: tabs at the beginning of its lines do not count. */
  stripsTabs: boolean;
  /** As written, the last line's end included. */
  content: string;
}

export interface Instruction {
  /** Where it begins and ends, counted from 1; its heredocs count. */
  line: number;
  endLine: number;
  /** In upper case. */
  name: string;
  /** As written, without the leading dashes. */
  flags: { name: string; value?: string }[];
  /** What follows, continuation lines joined, nothing filled in. */
  rest: string;
  /** The words of the JSON form. */
  json?: string[];
  heredocs: Heredoc[];
  /** All of its first logical line. */
  text: string;
}

export interface Dockerfile {
  escapeChar: '\\' | '`';
  instructions: Instruction[];
}

const NAMES = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);
const WITH_HEREDOCS = new Set(['ADD', 'COPY', 'RUN']);
const WITH_JSON = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);
const DIRECTIVE = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S(?:.*\S)?)\s*$/;

/**
 * Reads the syntax of a Dockerfile, as BuildKit does: directives, comments, continuation lines, flags, the JSON form
 * and heredocs. What the instructions say is not looked at.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 * @throws UnsupportedInstructionError that names the line, and nothing else
 */
export function parseDockerfile(text: string): Dockerfile {
  if (text.length > MAX_BYTES)
    throw new UnsupportedInstructionError(1, '', `is longer than ${MAX_BYTES} bytes`);
  const lines = text.replace(/^\ufeff/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const nul = lines.findIndex((line) => line.includes('\0'));
  if (nul >= 0) throw new UnsupportedInstructionError(nul + 1, lines[nul]!, 'holds a NUL character');
  const escapeChar = escapeOf(lines);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = at + 1;
    let { content, continues } = withoutContinuation(trimStart(withoutEnd(lines[at++]!)), escapeChar);
    if (isComment(content) || (content === '' && !continues)) continue;
    while (continues && at < lines.length) {
      const next = withoutEnd(lines[at++]!);
      // Comments and empty lines within an instruction are passed over.
      if (isComment(next) || trimStart(next) === '') continue;
      const joined = withoutContinuation(next, escapeChar);
      content += joined.content;
      continues = joined.continues;
    }
    const instruction = instructionOf(content, line, escapeChar);
    for (const heredoc of instruction.heredocs) {
      const from = at;
      while (at < lines.length && !ends(heredoc, lines[at]!)) at++;
      if (at === lines.length) {
        throw new UnsupportedInstructionError(
          line,
          content,
          `has a heredoc ${heredoc.name} that does not end`,
        );
      }
      heredoc.content = lines
        .slice(from, at++)
        .map((one) => `${one}\n`)
        .join('');
    }
    instructions.push({ ...instruction, endLine: at });
  }
  if (instructions.length === 0) throw new UnsupportedInstructionError(1, '', 'holds no instruction');
  return { escapeChar, instructions };
}

/** Directives are comments that come before everything else; only one of them changes how the rest is read. */
function escapeOf(lines: readonly string[]): '\\' | '`' {
  let escapeChar: '\\' | '`' = '\\';
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const [, key = '', value] = DIRECTIVE.exec(trimStart(withoutEnd(line))) ?? [];
    const name = key.toLowerCase();
    if (!['syntax', 'escape', 'check'].includes(name)) break;
    if (seen.has(name))
      throw new UnsupportedInstructionError(index + 1, line, `is a second directive ${name}`);
    seen.add(name);
    if (name !== 'escape') continue;
    if (value !== '\\' && value !== '`') {
      throw new UnsupportedInstructionError(index + 1, line, 'names an escape other than \\ and `');
    }
    escapeChar = value;
  }
  return escapeChar;
}

/** A last escape that is not escaped itself joins the next line, whatever blanks follow it. */
function withoutContinuation(line: string, escapeChar: string): { content: string; continues: boolean } {
  let end = line.length;
  while (line[end - 1] === ' ' || line[end - 1] === '\t') end--;
  const continues = line[end - 1] === escapeChar && line[end - 2] !== escapeChar;
  return { content: continues ? line.slice(0, end - 1) : line, continues };
}

function instructionOf(text: string, line: number, escapeChar: string): Omit<Instruction, 'endLine'> {
  try {
    const { name, flags, rest } = splitInstruction(text, escapeChar);
    const inner = name === 'ONBUILD' ? splitInstruction(rest, escapeChar).name : name;
    const heredocs = WITH_HEREDOCS.has(inner) && text.includes('<<') ? heredocsOf(text) : [];
    const json = WITH_JSON.has(name) ? jsonOf(rest) : undefined;
    return { line, name, flags, rest, heredocs, text, ...(json && { json }) };
  } catch (error) {
    if (error instanceof WordError) throw new UnsupportedInstructionError(line, text, error.message);
    throw error;
  }
}

function splitInstruction(text: string, escapeChar: string) {
  const [, word = '', args = ''] = /^([^\t\v\f\r ]*)[\t\v\f\r ]*(.*)$/s.exec(text.trim()) ?? [];
  const name = word.toUpperCase();
  if (!NAMES.has(name)) throw new WordError('is no instruction');
  return { name, ...splitFlags(args, escapeChar) };
}

/** Words that begin with `--`, quotes taken off, up to the first that does not. */
function splitFlags(args: string, escapeChar: string): { flags: Instruction['flags']; rest: string } {
  const flags: Instruction['flags'] = [];
  let at = 0;
  for (;;) {
    while (at < args.length && SPACE.test(args[at]!)) at++;
    if (!args.startsWith('--', at)) return { flags, rest: args.slice(at).trim() };
    let flag = '';
    let quote = '';
    for (; at < args.length && (quote !== '' || !SPACE.test(args[at]!)); at++) {
      const char = args[at]!;
      if (char === escapeChar) flag += args[++at] ?? '';
      else if (char === quote) quote = '';
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      else flag += char;
    }
    if (flag === '--') return { flags, rest: args.slice(at).trim() };
    const equals = flag.indexOf('=');
    flags.push(
      equals < 0 ? { name: flag.slice(2) } : { name: flag.slice(2, equals), value: flag.slice(equals + 1) },
    );
  }
}

/** Undefined for the shell form, which is everything that is not JSON. */
function jsonOf(rest: string): string[] | undefined {
  if (!rest.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    return undefined;
  }
  const words = value as unknown[];
  if (!words.every((word) => typeof word === 'string'))
    throw new WordError('has a JSON form with more than strings');
  return words;
}

/** The heredocs that a line announces, in order. Their escape is always a backslash. */
function heredocsOf(line: string): Heredoc[] {
  let words: string[];
  try {
    words = substitutedWords(line, { escapeChar: '\\', rawQuotes: true, rawEscapes: true });
  } catch {
    // A quote that nothing closes is the shell's affair, and there is no heredoc after it.
    return [];
  }
  return words.map(heredocOf).filter((heredoc) => heredoc !== undefined);
}

/** The heredoc that a word announces, such as `<<EOF` or `3<<-"EOF"`, still without its content. */
export function heredocOf(word: string): Heredoc | undefined {
  const [, dash, quoted = ''] = /^\d*<<(-?)\s*([^<]*)$/.exec(word) ?? [];
  if (quoted === '') return undefined;
  const [name, ...more] = substitutedWords(quoted, { escapeChar: '\\' });
  if (name === undefined || more.length > 0) return undefined;
  const [raw = ''] = substitutedWords(quoted, { escapeChar: '\\', rawQuotes: true });
  const quotes = (text: string) => text.replace(/[^'"]/g, '').length;
  return { name, expands: quotes(raw) === quotes(name), stripsTabs: dash === '-', content: '' };
}

function ends({ name, stripsTabs }: Heredoc, line: string): boolean {
  const bare = withoutEnd(line);
  return (stripsTabs ? bare.replace(/^\t+/, '') : bare) === name;
}

function isComment(line: string): boolean {
  return trimStart(line).startsWith('#');
}

function trimStart(line: string): string {
  let at = 0;
  while (at < line.length && SPACE.test(line[at]!)) at++;
  return line.slice(at);
}

function withoutEnd(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return line.slice(0, end);
}
