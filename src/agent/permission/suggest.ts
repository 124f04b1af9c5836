import { relative } from 'node:path';
import { commandsOf, type ShellWord } from './command-line.ts';
import type { Question } from './decide.ts';
import { isReadOnly } from './read-only.ts';

/** Programs whose first words say what they do, and how many words that takes. */
const FAMILIES: Record<string, number> = {
  bun: 2,
  cargo: 2,
  composer: 2,
  deno: 2,
  docker: 2,
  dotnet: 2,
  gh: 3,
  git: 2,
  go: 2,
  gradle: 2,
  just: 2,
  kubectl: 2,
  make: 2,
  mvn: 2,
  npm: 2,
  pnpm: 2,
  poetry: 2,
  uv: 2,
  yarn: 2,
};

/** Words after which one more says what is done: `npm run build`. */
const ONE_MORE = new Set(['run', 'exec']);

/** Programs that do whatever they are told: only the very command is proposed. */
const ANYTHING =
  /^(?:python[\d.]*|node|ruby|perl|php|deno|bun|npx|pnpx|bunx|uvx|sh|bash|zsh|awk|sed|make|just|rm|mv|cp|dd|chmod|chown|curl|wget|docker|kubectl|xargs|find)$/;

/** Rules that would let a call and its like pass, as narrow as is useful; none where no rule can. */
export function suggestRules({ tool, file = [], command, host }: Question, root: string): string[] {
  if (command !== undefined) return suggestForCommand(command);
  if (host !== undefined) return [`fetch(${host})`];
  const path = file.at(-1);
  if (tool.kind === 'edit' && path !== undefined) {
    const name = relative(root, path);
    // As a pattern such a name would fit other files, or none.
    return /[*?[\]{}()!\\]|^\.\./.test(name) ? [] : [`edit(${name})`];
  }
  return [tool.name];
}

function suggestForCommand(line: string): string[] {
  const rules = new Set<string>();
  for (const { words, opaque } of commandsOf(line)) {
    if (opaque !== undefined) return [];
    if (isReadOnly(words)) continue;
    const rule = ruleFor(words);
    if (rule === undefined) return [];
    rules.add(rule);
  }
  return [...rules];
}

function ruleFor(words: readonly ShellWord[]): string | undefined {
  const [name] = words;
  if (name === undefined || /[\s()*]/.test(name)) return undefined;
  let count = Object.hasOwn(FAMILIES, name) ? FAMILIES[name]! : 1;
  if (count > 1 && ONE_MORE.has(words[1] ?? '')) count++;
  const head = words.slice(0, count);
  const isExact = ANYTHING.test(name) && count === 1;
  const kept = isExact ? words : head;
  // `git -C *` would be every command of git.
  if (!isExact && kept.slice(1).some((word) => word?.startsWith('-'))) return undefined;
  if (kept.some((word) => word === undefined || word === '' || /[\s()*]/.test(word))) return undefined;
  return isExact || words.length <= kept.length - 1 ? `bash(${kept.join(' ')})` : `bash(${kept.join(' ')} *)`;
}
