import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, updateJson } from './json-file.ts';

const list = z.strictObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()).optional() });
const fileSchema = z.strictObject({ user: list.optional(), projects: z.record(z.string(), list).optional() });

type RulesFile = z.infer<typeof fileSchema>;

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
  return rulesIn(await readJson(pathOf(home), fileSchema));
}

/** Adds rules; those that are there stay once. */
export async function rememberRules(
  rules: readonly RememberedRule[],
  home: string = kinoHome(),
): Promise<void> {
  await updateJson(pathOf(home), fileSchema, (file) => ({
    value: fileOf([...rulesIn(file), ...rules]),
    result: undefined,
  }));
}

/** @returns how many rules of that text there were */
export async function forgetRules(
  text: string,
  project: string | undefined,
  home: string = kinoHome(),
): Promise<number> {
  return updateJson(pathOf(home), fileSchema, (file) => {
    const all = rulesIn(file);
    const kept = all.filter(
      (rule) => rule.text !== text || (project !== undefined && rule.project !== project),
    );
    return { value: fileOf(kept), result: all.length - kept.length };
  });
}

function rulesIn({ user = {}, projects = {} }: RulesFile = {}): RememberedRule[] {
  const of = (lists: z.infer<typeof list>, about: Pick<RememberedRule, 'scope' | 'project'>) =>
    (['allow', 'deny'] as const).flatMap((outcome) =>
      (lists[outcome] ?? []).map((text) => ({ ...about, outcome, text })),
    );
  return [
    ...of(user, { scope: 'user' }),
    ...Object.entries(projects).flatMap(([project, lists]) => of(lists, { scope: 'project', project })),
  ];
}

function fileOf(rules: readonly RememberedRule[]): RulesFile {
  const of = (some: readonly RememberedRule[], outcome: 'allow' | 'deny') => [
    ...new Set(some.filter((rule) => rule.outcome === outcome).map(({ text }) => text)),
  ];
  const lists = (some: readonly RememberedRule[]) => ({ allow: of(some, 'allow'), deny: of(some, 'deny') });
  const projects = Map.groupBy(
    rules.filter((rule) => rule.project !== undefined),
    ({ project }) => project!,
  );
  return {
    user: lists(rules.filter(({ scope }) => scope === 'user')),
    projects: Object.fromEntries([...projects].map(([project, some]) => [project, lists(some)])),
  };
}
