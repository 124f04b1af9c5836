/** A secret that is to be shown to nobody: what it is, and its words. */
export interface KnownSecret {
  kind: string;
  text: string;
  /** What stands in its place; default a mark that says its kind. */
  instead?: string;
}

/** What was taken out of a text. */
export interface Scrubbed {
  kind: string;
  /** Its first letters, so that its owner knows which it is. */
  hint: string;
  count: number;
}

const VALUE = 'value of a secret';
const NAME = `(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|private|signing|encryption)[_-]?key|credentials?)`;
const NAMED = new RegExp(`${NAME}$`, 'i');
const MIN_VALUE = 8;
/** What stands between the name of a setting and its value. */
const IS = String.raw`\\?["']?\s{0,3}[:=]\s{0,3}`;
/** Secrets by how they look: those that say what they are, as their issuers document it. */
const SIGNS: readonly [kind: string, sign: RegExp][] = [
  [
    'private key',
    /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  ],
  ['AWS key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{30,})\b/g],
  ['GitLab token', /\bglpat-[\w-]{20,}/g],
  ['Slack token', /\bxox[abeoprs]-[\w-]{10,}/g],
  ['Anthropic key', /\bsk-ant-[\w-]{20,}/g],
  ['OpenAI key', /\bsk-(?!ant-)(?:proj-|svcacct-)?[\w-]{20,}/g],
  ['Google key', /\bAIza[\w-]{35}\b/g],
  ['Stripe key', /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['Hugging Face token', /\bhf_[A-Za-z0-9]{30,}\b/g],
  ['JSON web token', /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/g],
  ['password in an address', /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]{3,4000}(?=@)/gi],
  [
    'authorization',
    /(?<=\bauthorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?(?:bearer|basic|token)\s{1,3})[\w.~+/=-]{8,}/gi,
  ],
  ['cookie', /(?<=\bcookie\\?["']?\s{0,3}:\s{0,3}\\?["']?)[^\s"'\\][^\r\n"'\\]{6,2000}/gi],
  ['password of a user', /(?<=\s(?:-u|--user)[\s=]{1,3}["']?[\w.@+-]{1,60}:)[^\s"'\\]{3,200}/g],
  // Between quotes everything is the value, as they say where it ends.
  [
    VALUE,
    new RegExp(String.raw`(?<=${NAME}${IS}(\\?["'\x60]))(?!\[scrubbed)(?:(?!\1)[^\r\n]){8,2000}(?=\1)`, 'gi'),
  ],
  [
    VALUE,
    new RegExp(String.raw`(?<=${NAME}${IS}\\?["'\x60]?)(?!\s|\[scrubbed)[^\s"'\x60\\,;)}\]]{8,}`, 'gi'),
  ],
];
/** What code says where a setting would have its value. */
const NO_VALUE =
  /^(?:null|undefined|none|true|false|string|str|required|optional|xxx+|\.{3,}|\*{3,})$|^(?:process\.env|os\.environ|import\.meta|config\.|settings\.|env\.)|^\$(?:[{(]|[A-Z_][A-Z0-9_]*$)|^(?:<|\{\{)/i;
const HINT = 4;

/** Takes secrets out of texts, the same ones everywhere, and tells what it took. */
export class Scrubber {
  readonly #known: readonly KnownSecret[];
  readonly #found = new Map<string, Scrubbed>();

  /** @param known of the person's own machine: values of variables, of files with settings */
  constructor(known: readonly KnownSecret[] = []) {
    // The longest first: one may be a part of another.
    this.#known = [...known].filter(({ text }) => text !== '').sort((a, b) => b.text.length - a.text.length);
  }

  text(given: string): string {
    let text = given;
    for (const { kind, text: secret, instead } of this.#known) {
      if (!text.includes(secret)) continue;
      const parts = text.split(secret);
      this.#note(kind, secret, parts.length - 1, instead !== undefined);
      text = parts.join(instead ?? mark(kind));
    }
    for (const [kind, sign] of SIGNS)
      text = text.replace(sign, (secret) => {
        if (kind === VALUE && NO_VALUE.test(secret)) return secret;
        this.#note(kind, secret, 1);
        return mark(kind);
      });
    return text;
  }

  /** Every text in a value that JSON could hold, keys included. */
  value<T>(given: T): T {
    if (typeof given === 'string') return this.text(given) as T;
    if (Array.isArray(given)) return given.map((one) => this.value(one)) as T;
    if (typeof given !== 'object' || given === null) return given;
    return Object.fromEntries(
      Object.entries(given).map(([key, held]) => [
        this.text(key),
        typeof held === 'string' && NAMED.test(key) ? this.#setting(held) : this.value(held),
      ]),
    ) as T;
  }

  /** What stands under the name of a secret. */
  #setting(text: string): string {
    const known = this.text(text);
    if (known !== text || text.length < MIN_VALUE || NO_VALUE.test(text)) return known;
    this.#note(VALUE, text, 1);
    return mark(VALUE);
  }

  /** What was taken so far, the most frequent first. */
  get found(): Scrubbed[] {
    return [...this.#found.values()].sort((a, b) => b.count - a.count);
  }

  #note(kind: string, secret: string, count: number, isShown = false): void {
    const hint = isShown ? secret : `${secret.slice(0, Math.min(HINT, secret.length / 4))}…`;
    const key = `${kind} ${secret}`;
    const before = this.#found.get(key)?.count ?? 0;
    this.#found.set(key, { kind, hint, count: before + count });
  }
}

function mark(kind: string): string {
  return `[scrubbed: ${kind}]`;
}
