import { WordError } from './dockerfile-error.ts';

/** What Go, and so Docker, takes for space. */
export const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** What one argument or variable may hold on Linux; a few lines that double a variable get far beyond. */
const MAX_FILLED = 128 * 1024;
const MAX_DEPTH = 100;

export interface WordOptions {
  escapeChar: string;
  /** Values by name; undefined leaves every substitution as it is written. */
  env?: ReadonlyMap<string, string> | undefined;
  /** Quotes stay in the text. */
  rawQuotes?: boolean;
  /** Characters that escape others stay in the text. */
  rawEscapes?: boolean;
  /** Quotes are characters like others. */
  ignoreQuotes?: boolean;
}

/** A part of a text; where it splits, its spaces part words. */
interface Piece {
  text: string;
  splits: boolean;
}

/**
 * A text with variables filled in and quotes taken off, by the rules of the builder: `$X`, `${X}`, `${X:-other}`,
 * `${X:+other}`, `${X:?message}` and the same without a colon. A variable that is not set is empty.
 *
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 * @throws WordError for quotes and braces that nothing closes, and for substitutions that are not supported
 */
export function substitute(text: string, options: WordOptions): string {
  return new WordReader(text, options)
    .read()
    .map((piece) => piece.text)
    .join('');
}

/** The same, parted into words at spaces outside quotes. @throws WordError */
export function substitutedWords(text: string, options: WordOptions): string[] {
  const words: string[] = [];
  let word = '';
  for (const piece of new WordReader(text, options).read()) {
    if (!piece.splits) {
      word += piece.text;
      continue;
    }
    for (const char of piece.text) {
      if (!SPACE.test(char)) word += char;
      else if (word !== '') {
        words.push(word);
        word = '';
      }
    }
  }
  return word === '' ? words : [...words, word];
}

class WordReader {
  readonly #chars: string[];
  readonly #options: WordOptions;
  #at = 0;
  #depth = 0;
  #filled = 0;

  constructor(text: string, options: WordOptions) {
    this.#chars = [...text];
    this.#options = options;
  }

  read(stop?: string, rawEscapes = this.#options.rawEscapes ?? false): Piece[] {
    const { escapeChar, ignoreQuotes } = this.#options;
    const pieces: Piece[] = [];
    for (;;) {
      const char = this.#chars[this.#at];
      if (char === stop) {
        this.#at++;
        return pieces;
      }
      if (char === undefined) throw new WordError(`has no "${stop}" where one is needed`);
      if (char === "'" && !ignoreQuotes) pieces.push({ text: this.#singleQuoted(), splits: false });
      else if (char === '"' && !ignoreQuotes)
        pieces.push({ text: this.#doubleQuoted(rawEscapes), splits: false });
      else if (char === '$') pieces.push({ text: this.#dollar(), splits: true });
      else if (char === '<') pieces.push({ text: this.#angle(), splits: false });
      else if (char === escapeChar) {
        this.#at++;
        const escaped = this.#chars[this.#at++] ?? '';
        pieces.push({ text: (rawEscapes ? escapeChar : '') + escaped, splits: false });
      } else {
        this.#at++;
        pieces.push({ text: char, splits: true });
      }
    }
  }

  /** Space after `<<` belongs to the heredoc's name. */
  #angle(): string {
    this.#at++;
    if (this.#chars[this.#at] !== '<') return '<';
    const start = this.#at++;
    while (/^[ \t\r]$/.test(this.#chars[this.#at] ?? '')) this.#at++;
    return `<${this.#chars.slice(start, this.#at).join('')}`;
  }

  #singleQuoted(): string {
    const end = this.#chars.indexOf("'", this.#at + 1);
    if (end < 0) throw new WordError("has a ' that nothing closes");
    const text = this.#chars.slice(this.#at + 1, end).join('');
    this.#at = end + 1;
    return this.#options.rawQuotes ? `'${text}'` : text;
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const { escapeChar, rawQuotes } = this.#options;
    let text = '';
    this.#at++;
    for (;;) {
      const char = this.#chars[this.#at];
      if (char === undefined) throw new WordError('has a " that nothing closes');
      if (char === '$') {
        text += this.#dollar();
        continue;
      }
      this.#at++;
      if (char === '"') return rawQuotes ? `"${text}"` : text;
      if (char !== escapeChar) {
        text += char;
        continue;
      }
      const next = this.#chars[this.#at];
      const escapes = next === '"' || next === '$' || next === escapeChar;
      if (rawEscapes) text += escapeChar;
      if (escapes) {
        text += next;
        this.#at++;
      } else if (next !== undefined) text += escapeChar;
    }
  }

  #dollar(): string {
    const start = this.#at++;
    const braced = this.#chars[this.#at] === '{';
    if (!braced) {
      const name = this.#name();
      if (name === '') return '$';
      return this.#options.env ? this.#counted(this.#options.env.get(name) ?? '') : `$${name}`;
    }
    this.#at++;
    const first = this.#chars[this.#at];
    if (first === undefined || first === '{' || first === '}' || first === ':') {
      throw new WordError('has a substitution without a name');
    }
    if (++this.#depth > MAX_DEPTH) throw new WordError('nests substitutions too deeply');
    const value = this.#modified(this.#name());
    this.#depth--;
    return this.#options.env ? this.#counted(value) : this.#chars.slice(start, this.#at).join('');
  }

  #counted(value: string): string {
    this.#filled += value.length;
    if (this.#filled > MAX_FILLED)
      throw new WordError(`gets more than ${MAX_FILLED} characters from variables`);
    return value;
  }

  #modified(name: string): string {
    const { env } = this.#options;
    const set = env?.get(name);
    let modifier = this.#chars[this.#at++];
    if (modifier === '}') return set ?? '';
    const emptyIsUnset = modifier === ':';
    if (emptyIsUnset) modifier = this.#chars[this.#at++];
    const patterns = !emptyIsUnset && (modifier === '#' || modifier === '%' || modifier === '/');
    // The shell knows more after a colon; where nothing is filled in, that is left to it.
    const shells = env === undefined && emptyIsUnset && modifier !== '#' && modifier !== '%';
    if (!patterns && !shells && modifier !== '-' && modifier !== '+' && modifier !== '?') {
      throw new WordError(`has a substitution of ${name} that is not known`);
    }
    if (modifier === '/') {
      if (this.#chars[this.#at] === '/') this.#at++;
      this.read('/', true);
    }
    const word = this.read('}', patterns || this.#options.rawEscapes)
      .map((piece) => piece.text)
      .join('');
    if (env === undefined) return '';
    if (patterns) throw new WordError(`has a substitution of ${name} by a pattern, which is not supported`);
    const counts = set !== undefined && (!emptyIsUnset || set !== '');
    if (modifier === '+') return counts ? word : '';
    if (counts) return set;
    if (modifier === '-') return word;
    throw new WordError(`needs a value of ${name}${word === '' ? '' : ` (${word})`}`);
  }

  #name(): string {
    const first = this.#chars[this.#at] ?? '';
    if (/^[@*#?$!-]$/.test(first)) {
      this.#at++;
      return first;
    }
    const start = this.#at;
    const part = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
    while (part.test(this.#chars[this.#at] ?? '')) this.#at++;
    return this.#chars.slice(start, this.#at).join('');
  }
}

/**
 * Words at spaces outside quotes. Nothing is taken off or filled in: what is quoted must not be split by what a
 * variable holds.
 */
export function splitWords(text: string, escapeChar: string): string[] {
  const words: string[] = [];
  const chars = [...text];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (quote === '' && SPACE.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (char === escapeChar && quote !== "'") {
      // At the very end there is nothing that it could escape.
      if (at + 1 < chars.length) word += char + chars[++at]!;
      continue;
    }
    if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    word += char;
  }
  return word === undefined || word === '' ? words : [...words, word];
}
