import type { Assignment, SyntaxNode, Word } from 'unbash';

/** Variables that change no program's meaning; any other that is set before a command may. */
const HARMLESS_VARIABLES =
  /^(?:CI|NODE_ENV|FORCE_COLOR|NO_COLOR|COLUMNS|TERM|LANG|LC_[A-Z]+|TZ|DEBUG|RUST_BACKTRACE|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE)$/;

/** Some of them may hold a path, which is then loaded. */
const HARMLESS_VALUE = /^(?!\/)(?!.*\.\.)[\w.,:*@+/-]*$/;

const RUNS_VALUES =
  'it computes with variables, and the shell runs substitutions that it finds in their values';

/**
 * Why a part of a line may do more than the programs that stand in it: it sets what other programs obey, or the shell
 * takes the value of a variable for code. (`x='a[$(date)]'; echo $((x))` runs `date`.)
 */
export function hiddenEffect(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'For':
    case 'Select':
      return setting(node.name.value);
    case 'Coproc':
      return node.name && setting(node.name.value);
    case 'FileDescriptorVariable':
      return setting(node.name);
    case 'Assignment':
      return node.index && !isPlainIndex(node.index) ? RUNS_VALUES : undefined;
    case 'ArrayValue':
      return node.elements.some(({ text }) => text.startsWith('[')) ? RUNS_VALUES : undefined;
    case 'ArithmeticExpansion':
      return isPlainSum(node.text.replace(/^\$(?:\(\(|\[)|(?:\)\)|\])$/g, '')) ? undefined : RUNS_VALUES;
    case 'ArithmeticCommand':
      return isPlainSum(node.body) ? undefined : RUNS_VALUES;
    case 'ArithmeticFor':
      return RUNS_VALUES;
    case 'TestUnary':
      return /^-[vR]$/.test(node.operator) && !isOwnVariable(node.operand.text) ? RUNS_VALUES : undefined;
    case 'TestBinary':
      return /^-(?:eq|ne|lt|le|gt|ge)$/.test(node.operator) &&
        !(isPlainSum(node.left.text) && isPlainSum(node.right.text))
        ? RUNS_VALUES
        : undefined;
    case 'ParameterExpansion':
      return ofExpansion(node);
    case 'Redirect':
      // To bash `>&-x` is `>&-` and the word `x`.
      return /^[<>]&$/.test(node.operator) && /^-./.test(node.target?.text ?? '')
        ? 'it closes a file in the middle of a word'
        : undefined;
    case 'ExtendedGlob':
      return 'it holds a pattern that bash understands only when told to';
    case 'CommandExpansion':
    case 'ProcessSubstitution':
    case 'ArithmeticCommandExpansion':
      return node.script ? undefined : 'a substitution in it cannot be parsed';
    default:
      return undefined;
  }
}

function ofExpansion({
  prefix,
  index,
  operation,
  parameter,
}: Extract<SyntaxNode, { type: 'ParameterExpansion' }>): string | undefined {
  if (prefix === '!' || (index && !isPlainIndex(index))) return RUNS_VALUES;
  switch (operation?.type) {
    case 'Default':
      return operation.operator.endsWith('=') ? setting(parameter) : undefined;
    case 'Slice':
      return isPlainSum(operation.offset.text) && isPlainSum(operation.length?.text ?? '')
        ? undefined
        : RUNS_VALUES;
    case 'Transform':
    case 'Unknown':
      return 'it expands a variable as a prompt or as code';
    default:
      return undefined;
  }
}

function setting(name: string): string | undefined {
  return isOwnVariable(name) ? undefined : `it sets ${name}`;
}

/** By custom the names in capitals are the ones that programs and the shell itself listen to; these are the rest. */
export function isOwnVariable(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name) && !/^(?:npm|pip|git|kino)_|proxy$/.test(name);
}

/** Whether a variable may be set for the command behind it. */
export function isHarmless({ name, value, index }: Assignment): boolean {
  return (
    HARMLESS_VARIABLES.test(name) &&
    index === undefined &&
    value.type === 'Word' &&
    HARMLESS_VALUE.test(value.text.replace(/^(["'])(.*)\1$/s, '$2'))
  );
}

/** Arithmetic without a name in it. */
function isPlainSum(text: string): boolean {
  return /^[\d\s+\-*/%()<>=!&|^~?:,]*$/.test(text);
}

function isPlainIndex({ text }: Word): boolean {
  return text === '@' || text === '*' || isPlainSum(text);
}
