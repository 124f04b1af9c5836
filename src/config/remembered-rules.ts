import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, writeJson } from './json-file.ts';

const list = z.strictObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()).optional() });
const fileSchema = z.strictObject({ user: list.optional(), projects: z.record(z.string(), list).optional() });

export interface RememberedRule {
  scope: 'user' | 'project';
  /** The folder of the project. */
  project?: string;
  outcome: 'allow' | 'deny';
  text: string;
}

const pathOf = (home: string) => join(home, 'permissions.json');

/**
 * Rules that were made by answers of the person. They lie in Kino's home folder, also those for one project: a
 * repository cannot bring its own.
 *
 * @throws ConfigError
 */
export async function rememberedRules(home: string = kinoHome()): Promise<RememberedRule[]> {
  const { user = {}, projects = {} } = (await readJson(pathOf(home), fileSchema)) ?? {};
  const of = (lists: z.infer<typeof list>, about: Pick<RememberedRule, 'scope' | 'project'>) =>
    (['allow', 'deny'] as const).flatMap((outcome) =>
      (lists[outcome] ?? []).map((text) => ({ ...about, outcome, text })),
    );
  return [
    ...of(user, { scope: 'user' }),
    ...Object.entries(projects).flatMap(([project, lists]) => of(lists, { scope: 'project', project })),
  ];
}

/** Adds rules; those that are there stay once. */
export async function rememberRules(
  rules: readonly RememberedRule[],
  home: string = kinoHome(),
): Promise<void> {
  await write([...(await rememberedRules(home)), ...rules], home);
}

/** @returns how many rules of that text there were */
export async function forgetRules(
  text: string,
  project: string | undefined,
  home: string = kinoHome(),
): Promise<number> {
  const all = await rememberedRules(home);
  const kept = all.filter(
    (rule) => rule.text !== text || (project !== undefined && rule.project !== project),
  );
  if (kept.length < all.length) await write(kept, home);
  return all.length - kept.length;
}

async function write(rules: readonly RememberedRule[], home: string): Promise<void> {
  const of = (some: readonly RememberedRule[], outcome: 'allow' | 'deny') => [
    ...new Set(some.filter((rule) => rule.outcome === outcome).map(({ text }) => text)),
  ];
  const lists = (some: readonly RememberedRule[]) => ({ allow: of(some, 'allow'), deny: of(some, 'deny') });
  const projects = Map.groupBy(
    rules.filter((rule) => rule.project !== undefined),
    ({ project }) => project!,
  );
  await writeJson(pathOf(home), {
    user: lists(rules.filter(({ scope }) => scope === 'user')),
    projects: Object.fromEntries([...projects].map(([project, some]) => [project, lists(some)])),
  });
}
