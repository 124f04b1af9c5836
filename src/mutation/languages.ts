/** The kinds of node by which a grammar calls what the operators look for. */
export interface Grammar {
  binary: readonly string[];
  if: readonly string[];
  /** The condition is written in parentheses. */
  parenthesised: boolean;
  not(condition: string): string;
  call: readonly string[];
  arguments: readonly string[];
  await: readonly string[];
  return: readonly string[];
  /** A statement that is an expression and nothing more. */
  expression: readonly string[];
  integer: readonly string[];
  boolean: Readonly<Record<string, string>>;
  /** What leaves a block early. */
  jumps: readonly string[];
  /** What a function returns that forgets to; absent where that would not compile. */
  nothing?: string;
  /** What takes the place of a statement. */
  empty: string;
}

const OF_C = (condition: string) => `!(${condition})`;

const JAVASCRIPT: Grammar = {
  binary: ['binary_expression'],
  if: ['if_statement'],
  parenthesised: true,
  not: OF_C,
  call: ['call_expression', 'new_expression'],
  arguments: ['arguments'],
  await: ['await_expression'],
  return: ['return_statement'],
  expression: ['expression_statement'],
  integer: ['number'],
  boolean: { true: 'false', false: 'true' },
  jumps: ['return_statement', 'throw_statement', 'continue_statement', 'break_statement'],
  nothing: 'undefined',
  empty: ';',
};

const GRAMMARS: Readonly<Record<string, Grammar>> = {
  JavaScript: JAVASCRIPT,
  TypeScript: JAVASCRIPT,
  Tsx: JAVASCRIPT,
  python: {
    binary: ['binary_operator', 'comparison_operator', 'boolean_operator'],
    if: ['if_statement', 'elif_clause'],
    parenthesised: false,
    not: (condition) => `not (${condition})`,
    call: ['call'],
    arguments: ['argument_list'],
    await: ['await'],
    return: ['return_statement'],
    expression: ['expression_statement'],
    integer: ['integer'],
    boolean: { True: 'False', False: 'True' },
    jumps: ['return_statement', 'raise_statement', 'continue_statement', 'break_statement'],
    nothing: 'None',
    empty: 'pass',
  },
  go: {
    binary: ['binary_expression'],
    if: ['if_statement'],
    parenthesised: false,
    not: OF_C,
    call: ['call_expression'],
    arguments: ['argument_list'],
    await: [],
    return: ['return_statement'],
    expression: ['expression_statement'],
    integer: ['int_literal'],
    boolean: { true: 'false', false: 'true' },
    jumps: ['return_statement', 'continue_statement', 'break_statement'],
    empty: '',
  },
  rust: {
    binary: ['binary_expression'],
    if: ['if_expression'],
    parenthesised: false,
    not: OF_C,
    call: ['call_expression'],
    arguments: ['arguments'],
    await: ['await_expression'],
    return: ['return_expression'],
    expression: ['expression_statement'],
    integer: ['integer_literal'],
    boolean: { true: 'false', false: 'true' },
    jumps: ['return_expression', 'continue_expression', 'break_expression'],
    empty: '',
  },
  java: {
    binary: ['binary_expression'],
    if: ['if_statement'],
    parenthesised: true,
    not: OF_C,
    call: ['method_invocation', 'object_creation_expression'],
    arguments: ['argument_list'],
    await: [],
    return: ['return_statement'],
    expression: ['expression_statement'],
    integer: ['decimal_integer_literal'],
    boolean: { true: 'false', false: 'true' },
    jumps: ['return_statement', 'throw_statement', 'continue_statement', 'break_statement'],
    empty: ';',
  },
};

/** @param language as the parser calls it */
export function grammarOf(language: string | undefined): Grammar | undefined {
  return language === undefined ? undefined : GRAMMARS[language];
}
