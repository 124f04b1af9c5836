/** By the ends of names. What stands first is the parser's own name for the language. */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  TypeScript: ['ts', 'mts', 'cts'],
  Tsx: ['tsx'],
  JavaScript: ['js', 'mjs', 'cjs', 'jsx'],
  Html: ['html', 'htm'],
  Css: ['css'],
  python: ['py', 'pyi'],
  go: ['go'],
  rust: ['rs'],
  java: ['java'],
};

/** The parser's name for the language of a file; undefined where it has none. */
export function languageOf(path: string): string | undefined {
  const end = path.slice(path.lastIndexOf('.') + 1);
  return Object.keys(LANGUAGES).find((language) => LANGUAGES[language]!.includes(end));
}

let loaded: Promise<typeof import('@ast-grep/napi')> | undefined;

/** The parser with the languages that are not its own; registering is possible once. */
export function loadSyntax(): Promise<typeof import('@ast-grep/napi')> {
  loaded ??= (async () => {
    const [napi, python, go, rust, java] = await Promise.all([
      import('@ast-grep/napi'),
      import('@ast-grep/lang-python'),
      import('@ast-grep/lang-go'),
      import('@ast-grep/lang-rust'),
      import('@ast-grep/lang-java'),
    ]);
    napi.registerDynamicLanguage({
      python: python.default,
      go: go.default,
      rust: rust.default,
      java: java.default,
    });
    return napi;
  })();
  return loaded;
}
