import type { Element, Root, Text } from 'hast';

/** What a piece of code is, as far as it is told apart. */
export type CodeKind = 'keyword' | 'string' | 'comment' | 'number' | 'title' | 'name';

export interface CodeToken {
  start: number;
  end: number;
  kind: CodeKind;
}

/** The classes of highlight.js, by what they are shown as. */
const KINDS: [kind: CodeKind, classes: RegExp][] = [
  ['comment', /^hljs-(?:comment|quote|doctag)$/],
  ['string', /^hljs-(?:string|regexp|char|link|subst|symbol)$/],
  ['number', /^hljs-(?:number|literal)$/],
  ['title', /^hljs-(?:title|section|function)$/],
  ['keyword', /^hljs-(?:keyword|built_in|type|meta|tag|selector-tag|name)$/],
  ['name', /^hljs-(?:attr|attribute|property|variable|params|template-variable|selector-class|selector-id)$/],
];
/** Files by their endings, where the language does not go by that name. */
const LANGUAGES: Record<string, string> = {
  ...{ ts: 'typescript', tsx: 'typescript', mts: 'typescript', cts: 'typescript' },
  ...{ js: 'javascript', jsx: 'javascript', mjs: 'javascript', cjs: 'javascript' },
  ...{ py: 'python', rb: 'ruby', rs: 'rust', go: 'go', java: 'java', kt: 'kotlin', kts: 'kotlin' },
  ...{ c: 'c', h: 'c', cc: 'cpp', cpp: 'cpp', hpp: 'cpp', cs: 'csharp', php: 'php', swift: 'swift' },
  ...{ sh: 'bash', bash: 'bash', zsh: 'bash', sql: 'sql', css: 'css', scss: 'scss', less: 'less' },
  ...{ html: 'xml', xml: 'xml', svg: 'xml', vue: 'xml', json: 'json', yml: 'yaml', yaml: 'yaml' },
  ...{ toml: 'ini', ini: 'ini', md: 'markdown', lua: 'lua', pl: 'perl', r: 'r', diff: 'diff' },
};
/** More at once would be felt. */
const MAX_CODE = 40_000;

/** The language of a file, or of what a block of code says that it is; undefined where it is none that is known. */
export function languageOf(name: string): string | undefined {
  const ending = name.toLowerCase().split(/[./]/).at(-1)!;
  return (
    (Object.hasOwn(LANGUAGES, ending) ? LANGUAGES[ending] : undefined) ??
    Object.values(LANGUAGES).find((language) => language === ending)
  );
}

/** Loaded where the first code is shown. */
let loading: Promise<(language: string, code: string) => Root> | undefined;

/** Tells the pieces of a code apart; none where it is too long, or in no language that is known. */
export async function tokensOf(code: string, language: string | undefined): Promise<CodeToken[]> {
  if (language === undefined || code.length > MAX_CODE) return [];
  loading ??= import('./grammars.ts').then(
    ({ lowlight }) =>
      (name, text) =>
        lowlight.highlight(name, text),
  );
  const highlight = await loading.catch(() => undefined);
  if (!highlight) return [];
  const tokens: CodeToken[] = [];
  let at = 0;
  const walk = (node: Root | Element | Text, kind: CodeKind | undefined): void => {
    if (node.type === 'text') {
      const end = at + node.value.length;
      if (kind) tokens.push({ start: at, end, kind });
      at = end;
      return;
    }
    const own = node.type === 'element' ? (kindOf(node) ?? kind) : kind;
    for (const child of node.children) walk(child as Element | Text, own);
  };
  walk(highlight(language, code), undefined);
  return tokens;
}

function kindOf({ properties }: Element): CodeKind | undefined {
  const names = [properties.className].flat().map(String);
  return KINDS.find(([, classes]) => names.some((name) => classes.test(name)))?.[0];
}

/** The names by which styles know what a highlight is. */
export const highlightName = (kind: CodeKind): string => `code-${kind}`;
