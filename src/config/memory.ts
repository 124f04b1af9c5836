import { join } from 'node:path';
import { z } from 'zod';
import { kinoHome } from './home.ts';
import { readJson, updateJson } from './json-file.ts';

const factSchema = z.strictObject({
  id: z.string(),
  text: z.string(),
  /** When the person approved it, ISO 8601. */
  at: z.string(),
  /** The folder of the project that it is about; absent for every project. */
  project: z.string().optional(),
  /** The thread that it comes from; absent where the person wrote it. */
  thread: z.string().optional(),
});
const fileSchema = z.strictObject({ facts: z.array(factSchema) });

/** Something to be remembered from session to session, approved by the person. */
export type Fact = z.infer<typeof factSchema>;

const pathOf = (home: string) => join(home, 'memory.json');

/** @throws ConfigError */
async function readFacts(home: string): Promise<Fact[]> {
  return (await readJson(pathOf(home), fileSchema))?.facts ?? [];
}

/** The facts that hold in a project, the oldest first; all of them without one. @throws ConfigError */
export async function factsFor(project: string | undefined, home: string = kinoHome()): Promise<Fact[]> {
  const facts = await readFacts(home);
  return project === undefined
    ? facts
    : facts.filter((fact) => fact.project === undefined || fact.project === project);
}

/** Keeps a fact, each text once a project. @returns it, with the id by which it can be removed */
export async function keepFact(fact: Omit<Fact, 'id' | 'at'>, home: string = kinoHome()): Promise<Fact> {
  return updateJson(pathOf(home), fileSchema, (file) => {
    const facts = file?.facts ?? [];
    const known = facts.find(({ text, project }) => text === fact.text && project === fact.project);
    if (known) return { value: { facts }, result: known };
    const last = Math.max(0, ...facts.map(({ id }) => Number.parseInt(id, 10) || 0));
    const result = { ...fact, id: String(last + 1), at: new Date().toISOString() };
    return { value: { facts: [...facts, result] }, result };
  });
}

/** @returns whether there was one */
export async function forgetFact(id: string, home: string = kinoHome()): Promise<boolean> {
  return updateJson(pathOf(home), fileSchema, (file) => {
    const facts = file?.facts ?? [];
    const kept = facts.filter((fact) => fact.id !== id);
    return { value: { facts: kept }, result: kept.length < facts.length };
  });
}
