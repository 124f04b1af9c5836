import type { SgNode } from '@ast-grep/napi';
import type { Grammar } from './languages.ts';
import type { OperatorName } from './mutant.ts';

/** A replacement of a node's text by another. */
export interface Edit {
  operator: OperatorName;
  node: SgNode;
  replacement: string;
}

type Operator = (node: SgNode, grammar: Grammar) => Edit[];

/** By operator, the ones that are mistaken for it. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  '==': ['!='],
  '!=': ['=='],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  and: ['or'],
  or: ['and'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<': ['>='],
  '>': ['<='],
  '<=': ['>'],
  '>=': ['<'],
  in: ['not in'],
  'not in': ['in'],
  is: ['is not'],
  'is not': ['is'],
  '|': ['&'],
  '&': ['|'],
  '<<': ['>>'],
  '>>': ['<<'],
};
const OFF_BY_ONE: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

const binary: Operator = (node, grammar) => {
  if (!grammar.binary.includes(String(node.kind()))) return [];
  return node.children().flatMap((child) => {
    const text = child.text().replace(/\s+/g, ' ');
    if (child.isNamed() && !/^(?:not in|is not)$/.test(text)) return [];
    const off = OFF_BY_ONE[text];
    return [
      ...(off === undefined ? [] : [{ operator: 'off by one' as const, node: child, replacement: off }]),
      // `in` of JavaScript has no negation of its own.
      ...(WRONG[text] ?? [])
        .filter((other) => grammar.nothing === 'None' || !/^(?:not in|is not|is|in)$/.test(other))
        .map((replacement) => ({ operator: 'wrong operator' as const, node: child, replacement })),
    ];
  });
};

const condition: Operator = (node, grammar) => {
  if (!grammar.if.includes(String(node.kind()))) return [];
  const whole = node.field('condition');
  if (!whole) return [];
  const isLet = whole.kind() === 'let_condition' || whole.kind() === 'let_chain';
  const text = grammar.parenthesised ? whole.text().replace(/^\(([\s\S]*)\)$/, '$1') : whole.text();
  const replace = (operator: OperatorName, other: string): Edit => ({
    operator,
    node: whole,
    replacement: grammar.parenthesised ? `(${other})` : other,
  });
  const never = Object.keys(grammar.boolean).find((name) => /^f/i.test(name))!;
  const edits = isLet ? [] : [replace('negated condition', grammar.not(text))];
  if (isLet || node.field('alternative') || node.kind() === 'elif_clause') {
    if (!isLet) edits.push(replace('removed branch', never));
    return edits;
  }
  const body = node.field('consequence') ?? node.field('body');
  const last = lastStatement(body);
  const inner = last?.kind() === 'expression_statement' ? (last.children()[0] ?? last) : last;
  const isGuard =
    body !== null &&
    body !== undefined &&
    [last, inner, body].some((one) => one && grammar.jumps.includes(String(one.kind())));
  edits.push({ operator: isGuard ? 'removed guard' : 'removed branch', node, replacement: grammar.empty });
  return edits;
};

function lastStatement(body: SgNode | null | undefined): SgNode | null | undefined {
  const last =
    body
      ?.children()
      .filter((child) => child.isNamed())
      .at(-1) ?? body;
  return last?.kind() === 'statement_list' ? lastStatement(last) : last;
}

const callArguments: Operator = (node, grammar) => {
  if (!grammar.arguments.includes(String(node.kind()))) return [];
  const given = node.children().filter((child) => child.isNamed() && child.kind() !== 'comment');
  return given.slice(0, -1).flatMap((first, place) => {
    const second = given[place + 1]!;
    const isPlain = [first, second].every(
      (one) => !/keyword_argument|splat|spread|list_splat|variadic/.test(String(one.kind())),
    );
    if (!isPlain || first.text() === second.text() || place > 1) return [];
    const text = node.text();
    const from = node.range().start.index;
    const [a, b] = [first.range(), second.range()];
    const swapped =
      text.slice(0, a.start.index - from) +
      second.text() +
      text.slice(a.end.index - from, b.start.index - from) +
      first.text() +
      text.slice(b.end.index - from);
    return [{ operator: 'swapped arguments' as const, node, replacement: swapped }];
  });
};

const awaited: Operator = (node, grammar) => {
  if (!grammar.await.includes(String(node.kind()))) return [];
  const replacement = node
    .text()
    .replace(/^await\s+/, '')
    .replace(/\.await$/, '');
  return [{ operator: 'dropped await', node, replacement }];
};

const callStatement: Operator = (node, grammar) => {
  if (!grammar.expression.includes(String(node.kind()))) return [];
  const inner = node.children().find((child) => child.isNamed());
  const isCall = inner && [...grammar.call, ...grammar.await].includes(String(inner.kind()));
  return isCall ? [{ operator: 'removed call', node, replacement: grammar.empty }] : [];
};

const returned: Operator = (node, grammar) => {
  if (grammar.nothing === undefined || !grammar.return.includes(String(node.kind()))) return [];
  const value = node.children().find((child) => child.isNamed());
  // One nothing for another is often no change at all.
  if (!value || /^(?:undefined|null|None|void 0)$/.test(value.text())) return [];
  return [{ operator: 'lost return value', node: value, replacement: grammar.nothing }];
};

const constant: Operator = (node, grammar) => {
  const kind = String(node.kind());
  const text = node.text();
  const other = grammar.boolean[text];
  if (other !== undefined && /^(?:true|false|boolean_literal|True|False)$/.test(kind))
    return [{ operator: 'wrong constant', node, replacement: other }];
  if (!grammar.integer.includes(kind) || !/^\d{1,9}$/.test(text)) return [];
  return [{ operator: 'off by one', node, replacement: String(Number(text) + 1) }];
};

/** Every operator, in the order in which their mutants of one place come. */
export const ALL: readonly Operator[] = [
  condition,
  binary,
  callArguments,
  awaited,
  callStatement,
  returned,
  constant,
];

/** What only undoes a mistake: taking a negation away, counting one less, awaiting. */
const undone: Operator = (node, grammar) => {
  const kind = String(node.kind());
  const text = node.text();
  if (/^(?:unary_expression|not_operator)$/.test(kind) && /^(?:!|not\b)/.test(text)) {
    const inner = text.replace(/^(?:!|not\s*)/, '').trim();
    return [{ operator: 'negated condition', node, replacement: inner }];
  }
  if (grammar.integer.includes(kind) && /^[1-9]\d{0,8}$/.test(text))
    return [{ operator: 'off by one', node, replacement: String(Number(text) - 1) }];
  const isAwaited = grammar.await.includes(String(node.parent()?.kind()));
  if (grammar.await.length > 0 && grammar.call.includes(kind) && !isAwaited && grammar.parenthesised)
    return [{ operator: 'dropped await', node, replacement: `await ${text}` }];
  if (!grammar.binary.includes(kind)) return [];
  return node.children().flatMap((child) => {
    const other = ({ '&&': '??', '*': '%' } as Record<string, string>)[child.text()];
    return other === undefined
      ? []
      : [{ operator: 'wrong operator' as const, node: child, replacement: other }];
  });
};

export const REPAIRS: readonly Operator[] = [...ALL, undone];
