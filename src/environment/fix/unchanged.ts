import { languageOf, loadSyntax } from '../../project/index.ts';

/** The texts of what a test file defines, by the last part of the test's id. */
export async function definitionsIn(path: string, source: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const language = languageOf(path);
  if (language === undefined || source.length > 2_000_000) return found;
  const add = (name: string, text: string) => found.set(name, [...(found.get(name) ?? []), text]);
  const { parse } = await loadSyntax();
  const root = parse(language, source).root();
  const visit = (node: typeof root): void => {
    const kind = String(node.kind());
    if (
      /^(?:function_definition|function_declaration|function_item|method_definition|method_declaration)$/.test(
        kind,
      )
    ) {
      const name = node.field('name')?.text();
      if (name !== undefined) add(name, node.text());
    } else if (kind === 'call_expression') {
      const first = node
        .field('arguments')
        ?.children()
        .find((child) => child.isNamed());
      const title = /^(["'`])([\s\S]*)\1$/.exec(first?.text() ?? '')?.[2];
      if (title !== undefined) add(title.replace(/\\(["'`\\])/g, '$1'), node.text());
    }
    for (const child of node.children()) visit(child);
  };
  visit(root);
  return found;
}

/** The name by which a test is defined: without its file, the suites around it, parameters and a number. */
export function definedName(id: string): string {
  const inner = id.replace(/^[\s\S]*?::/, '');
  const last = inner.split(/ > |::/).at(-1) ?? inner;
  const plain = last.replace(/#\d+$/, '').replace(/\[[\s\S]*\]$/, '');
  // Subtests of Go are named by values; the function is what is written.
  return /^Test\w*\//.test(plain)
    ? plain.split('/')[0]!
    : plain.includes('.') && /^[\w.]+$/.test(plain)
      ? plain.split('.').at(-1)!
      : plain;
}
