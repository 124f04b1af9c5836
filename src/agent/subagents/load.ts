import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome, readFrontMatter, readRegular } from '../../config/index.ts';
import type { AgentDefinition } from './definition.ts';

/** Tools of other agents by the names that their definitions use. */
const OTHER_NAMES: Record<string, string> = {
  multiedit: 'edit',
  webfetch: 'fetch',
  ls: 'glob',
  todowrite: 'todo',
  askuserquestion: 'ask',
};

const words = z.union([z.string().transform((text) => text.split(',')), z.array(z.string())]);
const frontMatter = z.looseObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i)
    .optional(),
  description: z.string().min(1),
  tools: words.optional(),
  model: z.string().optional(),
});

export interface LoadedAgents {
  agents: AgentDefinition[];
  /** One sentence for each file that is no definition. */
  problems: string[];
}

/**
 * The agents that the person defines, and the repository where it is trusted: Markdown files whose front matter has a
 * description and whose text is the prompt. Of one name the first counts: repository, then person.
 */
export async function loadAgents(root: string, { trusted }: { trusted: boolean }): Promise<LoadedAgents> {
  const folders = [
    ...(trusted ? [join(root, '.kino', 'agents'), join(root, '.claude', 'agents')] : []),
    join(kinoHome(), 'agents'),
  ];
  const agents = new Map<string, AgentDefinition>();
  const problems: string[] = [];
  for (const folder of folders) {
    for (const name of (await readdir(folder).catch(() => []))
      .filter((file) => file.endsWith('.md'))
      .sort()) {
      const path = join(folder, name);
      try {
        const agent = parse(path, name.slice(0, -3), await readRegular(path));
        if (!agents.has(agent.name)) agents.set(agent.name, agent);
      } catch (error) {
        problems.push(`${path} is no agent: ${(error as Error).message}.`);
      }
    }
  }
  return { agents: [...agents.values()], problems };
}

function parse(path: string, fileName: string, markdown: string): AgentDefinition {
  const { data, text } = readFrontMatter(markdown);
  const parsed = frontMatter.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${issue.path.join('.') || 'front matter'}: ${issue.message}`);
  }
  if (text.trim() === '') throw new Error('its prompt is empty');
  const { name = fileName.toLowerCase(), description, tools, model } = parsed.data;
  const known = tools?.map((tool) => tool.trim().toLowerCase()).map((tool) => OTHER_NAMES[tool] ?? tool);
  return {
    name,
    description: description.split('\n', 1)[0]!.slice(0, 200),
    prompt: text.trim(),
    source: path,
    ...(known && { tools: known }),
    // Aliases of other agents (`sonnet`, `inherit`) name no model here.
    ...(model !== undefined && (model.includes('/') || model === 'index') && { model }),
  };
}
