import type { SgNode } from '@ast-grep/napi';
import { languageOf, loadSyntax } from '../project/index.ts';
import { grammarOf } from './languages.ts';
import { applyMutant, type Mutant } from './mutant.ts';
import { ALL, REPAIRS } from './operators.ts';

/** Larger files are generated, or take too long to be parsed again for each mutant. */
const MAX_CHARS = 600_000;

/** What is imported, declared as a type or written in a comment: a change there is no mistake of logic. */
const PASSED_OVER =
  /^(?:import_statement|import_from_statement|import_declaration|use_declaration|package_clause|comment|line_comment|block_comment|type_annotation|type_alias_declaration|interface_declaration|decorator|attribute_item|type_arguments|type_parameters)$/;

/**
 * The mutants of a source, in the order of the text: those that still parse. A file of a language that is not known
 * has none.
 *
 * @param lines only mutants that begin on one of these, from 1
 */
export function mutantsOf(path: string, source: string, lines?: ReadonlySet<number>): Promise<Mutant[]> {
  return changesBy(ALL, path, source, lines);
}

/** Small changes that may mend a source: the mutants, and what undoes them where they are not their own inverse. */
export function repairsOf(path: string, source: string, lines?: ReadonlySet<number>): Promise<Mutant[]> {
  return changesBy(REPAIRS, path, source, lines);
}

async function changesBy(
  operators: typeof ALL,
  path: string,
  source: string,
  lines?: ReadonlySet<number>,
): Promise<Mutant[]> {
  const language = languageOf(path);
  const grammar = grammarOf(language);
  if (language === undefined || !grammar || source.length > MAX_CHARS) return [];
  const { parse } = await loadSyntax();
  const root = parse(language, source).root();
  const errors = countErrors(root);
  const found: Mutant[] = [];
  const seen = new Set<string>();
  const visit = (node: SgNode): void => {
    if (PASSED_OVER.test(String(node.kind()))) return;
    for (const operator of operators) {
      for (const { operator: name, node: changed, replacement } of operator(node, grammar)) {
        const { start, end } = changed.range();
        const line = start.line + 1;
        if (lines && !lines.has(line)) continue;
        const key = `${start.index} ${end.index} ${replacement}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const was = changed.text().replace(/\s+/g, ' ').slice(0, 120);
        const mutant = { operator: name, start: start.index, end: end.index, replacement, line, was };
        if (countErrors(parse(language, applyMutant(source, mutant)).root()) <= errors) found.push(mutant);
      }
    }
    for (const child of node.children()) visit(child);
  };
  visit(root);
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.replacement < b.replacement ? -1 : 1));
}

function countErrors(node: SgNode): number {
  return node.findAll({ rule: { kind: 'ERROR' } }).length;
}
