import { type Command, forEachChild, parse, type Redirection, type SyntaxNode, type Word } from 'unbash';
import { hiddenEffect, isHarmless, isOwnVariable } from './hidden-effect.ts';
import { unwrap } from './wrappers.ts';

/** A word of a command: its text after the shell has taken quotes away, or undefined where only the shell knows. */
export type ShellWord = string | undefined;

/** One program that a command line starts, with what it is given. */
export interface SimpleCommand {
  /** None where a part of the line starts no program itself; the first is undefined where any program may start. */
  words: readonly ShellWord[];
  /** As it stands in the line. */
  text: string;
  /** Files that the shell itself opens for writing, and addresses that it connects to. */
  writes: readonly ShellWord[];
  /** Files that the shell itself opens for reading. */
  reads: readonly ShellWord[];
  /** Why it cannot be known what this command does; such a command passes by no rule for programs. */
  opaque?: string;
}

/** A command line inside a command line inside … is understood this deep. */
const MAX_DEPTH = 6;

/** What `cd` and its plain options look like; the folder is the last word. */
const PLAIN_CD = /^cd(?: -[LP])?(?: --)?(?: (?!-)[\s\S]+)?$/;

/**
 * The programs that a bash command line starts, wherever in it they stand: in lists, pipelines, substitutions,
 * functions, loops, here-documents, and behind programs that start others (`timeout`, `xargs`, `bash -c`).
 * What cannot be understood is in the answer as an opaque command; nothing is ever left out.
 */
export function commandsOf(line: string, depth = 0): SimpleCommand[] {
  if (depth > MAX_DEPTH) return [unknown(line, 'it is nested too deeply')];
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) return [unknown(line, 'it holds control characters')];
  // Between words it is a blank; inside of `$`, `<(` or `&&`, or at the end, the parser and bash do not agree on it.
  if (/[^ \t\n]\\\n|\\$/.test(line)) return [unknown(line, 'a line of it goes on inside a word')];
  const found: SimpleCommand[] = [];
  try {
    const script = parse(line);
    visit(script, script.source ?? line, false);
  } catch (error) {
    // Inner lines are parsed when they are visited, and may be nested too deeply for that.
    found.push(unknown(line, `it cannot be parsed (${(error as Error).message})`));
  }
  return found;

  /** @param repeats whether the node may run more than once */
  function visit(node: SyntaxNode, source: string, repeats: boolean): void {
    if (node.type === 'Script') {
      const [error] = node.errors ?? [];
      if (error) found.push(unknown(line, `it cannot be parsed (${error.message})`));
      const inner = node.source ?? source;
      forEachChild(node, (child) => visit(child, inner, repeats));
      return;
    }
    const effect =
      hiddenEffect(node) ?? (isGlued(node, source) ? 'a substitution is part of a word' : undefined);
    // Such code may be anywhere in the line.
    if (effect !== undefined) found.push({ words: [], text: line, writes: [], reads: [], opaque: effect });
    if (node.type === 'Command') {
      const commands = understand(node, source.slice(node.pos, node.end), depth);
      found.push(...commands.map((command) => (isLost(command, repeats) ? lost(command) : command)));
    } else if (node.type === 'Redirected') {
      const text = source.slice(node.pos, node.end);
      found.push({ words: ['true'], text, ...opened(node.redirects) });
    }
    const isLoop = /^(?:For|ArithmeticFor|While|Select|Function|Coproc)$/.test(node.type);
    forEachChild(node, (child) => visit(child, source, repeats || isLoop));
  }
}

function understand(command: Command, text: string, depth: number): SimpleCommand[] {
  const files = opened(command.redirects);
  const assignments = command.prefix.flatMap((part) => (part.type === 'Assignment' ? [part] : []));
  // With a command behind them they are its environment; alone they stay.
  const sets = command.name
    ? assignments.find((assignment) => !isHarmless(assignment))
    : assignments.find(({ name }) => !isOwnVariable(name));
  const setting: SimpleCommand[] = sets
    ? [{ words: [], text: sets.text, writes: [], reads: [], opaque: `it sets ${sets.name}` }]
    : [];
  if (!command.name) return [...setting, { words: ['true'], text, ...files }];
  const words = [
    wordValue(command.name),
    ...command.args.map((arg) =>
      arg.type === 'Word'
        ? wordValue(arg)
        : arg.value.type === 'Word' && !arg.index
          ? wordValue(arg.value, `${arg.name}${arg.append ? '+' : ''}=`)
          : undefined,
    ),
  ];
  const started = unwrap(words, depth, commandsOf).map((inner) => ({
    ...inner,
    ...(inner.words === words && { text }),
    writes: [...inner.writes, ...files.writes],
    reads: [...inner.reads, ...files.reads],
  }));
  return [...setting, ...started];
}

/** Whether nobody can tell from the line where a `cd` goes. */
function isLost({ words }: SimpleCommand, repeats: boolean): boolean {
  return words[0] === 'cd' && (repeats || words.includes(undefined) || !PLAIN_CD.test(words.join(' ')));
}

function lost(command: SimpleCommand): SimpleCommand {
  return { ...command, opaque: command.opaque ?? 'nobody can tell which folder it goes to' };
}

/** To bash `x<(y)` is one word, to the parser two. */
function isGlued(node: SyntaxNode, source: string): boolean {
  if (node.type !== 'ProcessSubstitution') return false;
  return /[^ \t\n;&|()]/.test((source[node.pos - 1] ?? '') + (source[node.end] ?? ''));
}

/** The text of a word, or undefined where the shell computes any part of it. */
function wordValue(word: Word, before = ''): ShellWord {
  // But for `~/x` only the shell knows which folder a tilde stands for.
  if (/^~[^/]|[=:]~/.test(before + word.text)) return undefined;
  const bare = word.parts?.map((part) => (part.type === 'Literal' ? part.text : '')).join('') ?? word.text;
  // To bash `{a},b}` is two words, to the parser one.
  if (/\{[\s\S]*(?:,|\.\.)[\s\S]*\}/.test(bare)) return undefined;
  return word.parts === undefined || word.parts.every(isConstant) ? before + word.value : undefined;
}

function isConstant(part: NonNullable<Word['parts']>[number]): boolean {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
      return true;
    case 'AnsiCQuoted':
      // Bash writes the others in more ways than the parser knows (`\x{2d}`).
      return /^(?:[^\\]|\\[\\'"nrt])*$/.test(part.text);
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
    if (target !== undefined && /^\/dev\/(?:null|stdin|stdout|stderr)$/.test(target)) continue;
    if (redirect.operator === '<') (target?.startsWith('/dev/') ? writes : reads).push(target);
    else if (redirect.operator === '<&' || redirect.operator === '>&') {
      // `2>&1` and `>&-` move descriptors; anything else names a file.
      if (target === undefined || !/^(?:\d+-?|-)$/.test(target)) writes.push(target);
    } else writes.push(target);
  }
  return { reads, writes };
}

function unknown(text: string, why: string): SimpleCommand {
  return { words: [undefined], text, writes: [], reads: [], opaque: why };
}
