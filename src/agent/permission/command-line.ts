import { type Command, forEachChild, parse, type Redirection, type SyntaxNode, type Word } from 'unbash';
import { unwrap } from './wrappers.ts';

/** A word of a command: its text after the shell has taken quotes away, or undefined where only the shell knows. */
export type ShellWord = string | undefined;

/** One program that a command line starts, with what it is given. */
export interface SimpleCommand {
  words: readonly ShellWord[];
  /** As it stands in the line. */
  text: string;
  /** Files that the shell itself opens for writing. */
  writes: readonly ShellWord[];
  /** Files that the shell itself opens for reading. */
  reads: readonly ShellWord[];
  /** Why it cannot be known what this command does; such a command passes by no rule for programs. */
  opaque?: string;
}

/** Variables that change no program's meaning; any other that is set before a command may. */
const HARMLESS_VARIABLES =
  /^(?:CI|NODE_ENV|FORCE_COLOR|NO_COLOR|COLUMNS|TERM|LANG|LC_[A-Z]+|TZ|DEBUG|RUST_BACKTRACE|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE)$/;

/** A command line inside a command line inside … is understood this deep. */
const MAX_DEPTH = 6;

/**
 * The programs that a bash command line starts, wherever in it they stand: in lists, pipelines, substitutions,
 * functions, loops, here-documents, and behind programs that start others (`timeout`, `xargs`, `bash -c`).
 * What cannot be understood is in the answer as an opaque command; nothing is ever left out.
 */
export function commandsOf(line: string, depth = 0): SimpleCommand[] {
  if (depth > MAX_DEPTH) return [opaque(line, 'it is nested too deeply')];
  if (/[\0\r]/.test(line)) return [opaque(line, 'it holds control characters')];
  const found: SimpleCommand[] = [];
  let script: ReturnType<typeof parse>;
  try {
    script = parse(line);
  } catch (error) {
    return [opaque(line, `it cannot be parsed (${(error as Error).message})`)];
  }
  visit(script, script.source ?? line);
  return found;

  function visit(node: SyntaxNode, source: string): void {
    if (node.type === 'Script') {
      const [error] = node.errors ?? [];
      if (error) found.push(opaque(line, `it cannot be parsed (${error.message})`));
      const inner = node.source ?? source;
      forEachChild(node, (child) => visit(child, inner));
      return;
    }
    if (node.type === 'Command') found.push(...understand(node, source.slice(node.pos, node.end), depth));
    else if (node.type === 'Redirected') {
      const text = source.slice(node.pos, node.end);
      found.push({ words: ['true'], text, ...opened(node.redirects) });
    } else if (isUnreadable(node)) found.push(opaque(node.text, 'a substitution in it cannot be parsed'));
    else if ((node.type === 'For' || node.type === 'Select') && !isOwnVariable(node.name.value))
      found.push(opaque(source.slice(node.pos, node.end), `it sets ${node.name.value}`));
    else if (node.type === 'ParameterExpansion' && node.operation?.type === 'Transform')
      found.push(opaque(node.text, 'it expands a variable as a prompt or as code'));
    forEachChild(node, (child) => visit(child, source));
  }
}

function understand(command: Command, text: string, depth: number): SimpleCommand[] {
  const files = opened(command.redirects);
  const assignments = command.prefix.flatMap((part) => (part.type === 'Assignment' ? [part] : []));
  if (!command.name) {
    // Only variables are set, or a file is made by `> file`; the rest of the line may live by it.
    const dangerous = assignments.find(({ name }) => !isOwnVariable(name));
    const plain: SimpleCommand = { words: ['true'], text, ...files };
    return [dangerous ? { ...plain, opaque: `it sets ${dangerous.name}` } : plain];
  }
  const words = [
    wordValue(command.name),
    ...command.args.map((arg) =>
      arg.type === 'Word'
        ? wordValue(arg)
        : arg.value.type === 'Word'
          ? wordValue(arg.value, arg.name)
          : undefined,
    ),
  ];
  const whole: SimpleCommand = { words, text, ...files };
  const sets = assignments.find(({ name }) => !HARMLESS_VARIABLES.test(name));
  if (sets) return [{ ...whole, opaque: `it sets ${sets.name}` }];
  if (words[0] === undefined) return [{ ...whole, opaque: 'the shell computes which program it runs' }];
  return unwrap(words, depth, commandsOf).map((inner) => ({
    ...inner,
    ...(inner.words === words && { text }),
    writes: [...inner.writes, ...files.writes],
    reads: [...inner.reads, ...files.reads],
  }));
}

/** By custom the names in capitals are the ones that programs and the shell itself listen to. */
function isOwnVariable(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name);
}

/** The text of a word, or undefined where the shell computes any part of it. */
function wordValue(word: Word, name?: string): ShellWord {
  const value = word.parts === undefined || word.parts.every(isConstant) ? word.value : undefined;
  return value === undefined || name === undefined ? value : `${name}=${value}`;
}

function isConstant(part: NonNullable<Word['parts']>[number]): boolean {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return true;
    case 'DoubleQuoted':
      return part.parts.every(({ type }) => type === 'Literal');
    default:
      return false;
  }
}

function opened(redirects: readonly Redirection[]): Pick<SimpleCommand, 'reads' | 'writes'> {
  const reads: ShellWord[] = [];
  const writes: ShellWord[] = [];
  for (const redirect of redirects) {
    if (redirect.type !== 'Redirect') continue;
    const target = redirect.target && wordValue(redirect.target);
    if (redirect.operator === '<') reads.push(target);
    else if (redirect.operator === '<&' || redirect.operator === '>&') {
      // `2>&1` and `>&-` move descriptors; anything else names a file.
      if (target === undefined || !/^(?:\d+-?|-)$/.test(target)) writes.push(target);
    } else writes.push(target);
  }
  return { reads, writes: writes.filter((target) => target !== '/dev/null') };
}

function isUnreadable(node: SyntaxNode): node is Extract<SyntaxNode, { script: unknown; text: string }> {
  return 'script' in node && node.script === undefined;
}

function opaque(text: string, why: string): SimpleCommand {
  return { words: [], text, writes: [], reads: [], opaque: why };
}
