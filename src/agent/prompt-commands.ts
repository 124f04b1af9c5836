import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { kinoHome, readFrontMatter, readRegular } from '../config/index.ts';

/** A prompt that the person or the repository has written down, to be called as `/name arguments`. */
export interface PromptCommand {
  name: string;
  description: string;
  /** What its arguments are, for people. */
  hint?: string;
  template: string;
  source: string;
}

/** Far more than anybody writes; a folder that is a link to a heap is not read to its end. */
const MAX_FILES = 500;

/**
 * The commands of the person, and of the repository where it is trusted: Markdown files whose path gives the name
 * (`git/commit.md` is `/git:commit`). Of one name the first counts: repository, then person. A file that cannot be read
 * is a problem, in one sentence.
 */
export async function loadCommands(
  root: string,
  { trusted }: { trusted: boolean },
): Promise<{ commands: PromptCommand[]; problems: string[] }> {
  const folders = [
    ...(trusted ? [join(root, '.kino', 'commands'), join(root, '.claude', 'commands')] : []),
    join(kinoHome(), 'commands'),
  ];
  const commands = new Map<string, PromptCommand>();
  const problems: string[] = [];
  for (const folder of folders) {
    const files = (await readdir(folder, { recursive: true }).catch(() => [])).filter((file) =>
      file.endsWith('.md'),
    );
    for (const file of files.sort().slice(0, MAX_FILES)) {
      const source = join(folder, file);
      const name = relative('', file).slice(0, -3).split(sep).join(':');
      try {
        const { data, text } = readFrontMatter(await readRegular(source));
        if (text.trim() === '') throw new Error('it is empty');
        const description =
          typeof data.description === 'string' ? data.description : text.trim().split('\n', 1)[0]!;
        const hint = data['argument-hint'];
        if (commands.has(name)) continue;
        commands.set(name, {
          ...{ name, source, description: description.slice(0, 200), template: text.trim() },
          ...(typeof hint === 'string' && { hint }),
        });
      } catch (error) {
        problems.push(`${source} is no command: ${(error as Error).message}.`);
      }
    }
  }
  return { commands: [...commands.values()], problems };
}

/**
 * A command as the prompt that it stands for: `$ARGUMENTS` is all that follows its name, `$1` to `$9` are the words of
 * it, quoted as in a shell. Arguments that the template does not mention come after it. Nothing in it is run.
 */
function expand({ template }: PromptCommand, argument: string): string {
  const words = [...argument.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  let used = false;
  const text = template.replace(/\$(?:ARGUMENTS|([1-9]))/g, (_, place?: string) => {
    used = true;
    return place === undefined ? argument : (words[Number(place) - 1] ?? '');
  });
  return used || argument === '' ? text : `${text}\n\n${argument}`;
}

/** What a line stands for that calls one of the commands; undefined where it calls none. */
export function expandPrompt(line: string, commands: readonly PromptCommand[]): string | undefined {
  const [, name, argument = ''] = /^\/(\S+)[ \t]*([\s\S]*)$/.exec(line.trim()) ?? [];
  const command = commands.find((one) => one.name === name);
  return command && expand(command, argument.trim());
}
