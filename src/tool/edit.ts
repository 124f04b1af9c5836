import { z } from 'zod';
import { explainFileError, looksBinary } from './limit.ts';
import { failure, success, type Tool } from './tool.ts';

const replacement = z.object({
  old: z.string().min(1).describe('Exact text to replace, with its white space; must occur once'),
  new: z.string(),
  all: z.boolean().optional().describe('Replace every occurrence'),
});

const input = z
  .object({
    path: z.string(),
    ...replacement.partial({ old: true, new: true }).shape,
    edits: z.array(replacement).min(1).optional().describe('Several instead of one: in order, all or none'),
  })
  .refine(
    ({ old, new: becoming, edits }) =>
      edits ? old === undefined : old !== undefined && becoming !== undefined,
    {
      message: 'give old and new, or edits',
    },
  );

export const editTool: Tool<z.infer<typeof input>> = {
  name: 'edit',
  kind: 'edit',
  description: 'Replace exact text in a file.',
  input,
  access: ({ path }) => ({ writes: path }),
  async run({ path, old, new: becoming, all, edits }, { sandbox, seen }) {
    const wanted = edits ?? [{ old: old!, new: becoming!, all }];
    try {
      const real = await sandbox.resolve(path);
      if (seen.state(real) === 'changed')
        return failure(`${path} has changed since you read it. Nothing was changed: read it again.`);
      const bytes = await sandbox.read(path);
      if (looksBinary(bytes)) return failure(`${path} is a binary file.`);
      const text = bytes.toString('utf8');
      if (!Buffer.from(text, 'utf8').equals(bytes))
        return failure(`${path} is not UTF-8; edit it with bash.`);
      let edited = text;
      const places: number[] = [];
      for (const [index, edit] of wanted.entries()) {
        const done = replace(path, edited, edit);
        if ('problem' in done) {
          return failure(
            wanted.length === 1 ? done.problem : `Edit ${index + 1} of ${wanted.length}: ${done.problem}`,
          );
        }
        edited = done.text;
        places.push(...done.lines);
      }
      if (edited === text) return failure('The new text equals the old; nothing was changed.');
      await sandbox.write(path, edited);
      seen.change(real);
      return success(
        places.length === 1
          ? `Edited ${path} at line ${places[0]}.`
          : `Edited ${path} in ${places.length} places.`,
      );
    } catch (error) {
      return failure(explainFileError(path, error));
    }
  },
};

type Replaced = { text: string; lines: number[] } | { problem: string };

function replace(
  path: string,
  text: string,
  { old: given, new: becoming, all = false }: z.infer<typeof replacement>,
): Replaced {
  const old = withLineEndsOf(text, given);
  const places = occurrences(text, old);
  if (places.length === 0) return { problem: explainMissing(path, text, old) };
  if (places.length > 1 && !all) {
    const lines = places.slice(0, 10).map((at) => lineOf(text, at));
    return {
      problem:
        `The text occurs ${places.length} times in ${path} (lines ${lines.join(', ')}). Nothing was changed: ` +
        'give more of the lines around it, or set all.',
    };
  }
  return {
    text: text.split(old).join(withLineEndsOf(text, becoming)),
    lines: places.map((at) => lineOf(text, at)),
  };
}

/** `read` shows lines without their \r, so a model's text has none even where every line of the file ends in \r\n. */
function withLineEndsOf(text: string, part: string): string {
  const isCrlf = text.includes('\r\n') && !/(?<!\r)\n/.test(text);
  return isCrlf ? part.replace(/\r?\n/g, '\r\n') : part;
}

function occurrences(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found.push(at);
  return found;
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) line++;
  return line;
}

/** Says where the text almost stands: the same lines but for white space, or its first line alone. */
function explainMissing(path: string, text: string, old: string): string {
  const lines = text.split('\n');
  const wanted = old
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const first = wanted[0];
  if (first === undefined) return `That white space does not occur in ${path}.`;
  const starts = lines.flatMap((line, index) => (line.trim() === first ? [index] : []));
  const near = starts.find((start) => {
    const following = lines
      .slice(start)
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return wanted.every((line, index) => following[index] === line);
  });
  const place = near ?? starts[0];
  if (place === undefined)
    return `The text does not occur in ${path}. Nothing was changed: read the file again.`;
  const count = old.split('\n').length;
  const shown = lines.slice(place, place + Math.min(count + 1, 12)).join('\n');
  const what = near === undefined ? 'Only its first line occurs' : 'It differs in white space only';
  return `The text does not occur in ${path}. ${what}, at line ${place + 1}. Nothing was changed. The file has:\n${shown}`;
}
