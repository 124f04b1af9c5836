/**
 * An instruction as an agent is shown it: without the lines at its beginning that mark a benchmark's text, so that it
 * is found in training data, and without the empty lines there. So Harbor has it.
 */
export function shownInstruction(text: string): string {
  const lines = text.split('\n');
  let at = 0;
  while (at < lines.length && isCanary(lines[at]!)) at++;
  while (at < lines.length && lines[at]!.trim() === '') at++;
  return lines.slice(at).join('\n');
}

function isCanary(line: string): boolean {
  const bare = line.trim().toLowerCase();
  const comment = bare.startsWith('<!--') ? bare.endsWith('-->') : bare.startsWith('#');
  return comment && bare.includes('canary');
}
