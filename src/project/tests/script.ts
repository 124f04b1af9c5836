import { type CommandArgument, forEachChild, parse, type SyntaxNode } from 'unbash';

/** A program with what it is given, as a script names it. */
export interface ScriptCommand {
  words: string[];
  /** Variables that are set for it alone. */
  env: Record<string, string>;
}

/** The plain commands of a script, in order. What only a shell could know (substitutions, patterns) stays as written. */
export function commandsIn(script: string): ScriptCommand[] {
  const found: ScriptCommand[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'Command' && node.name) {
      const env: Record<string, string> = {};
      for (const part of node.prefix) {
        if (part.type === 'Assignment' && part.name !== undefined)
          env[part.name] = part.value && 'value' in part.value ? part.value.value : '';
      }
      found.push({ words: [node.name.value, ...node.args.map(textOf)], env });
    }
    forEachChild(node, visit);
  };
  try {
    visit(parse(script));
  } catch {
    // No shell script, then.
  }
  return found;
}

function textOf(argument: CommandArgument): string {
  return argument.type === 'Word' ? argument.value : argument.text;
}
