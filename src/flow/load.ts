import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import { kinoHome, readRegular } from '../config/index.ts';
import { checkWorkflow, parseWorkflow, type Workflow, WorkflowError } from './workflow.ts';

const PRESETS = fileURLToPath(new URL('../../assets/workflows', import.meta.url));

/** A workflow with where it comes from. */
export interface LoadedWorkflow {
  workflow: Workflow;
  source: string;
}

/** A name that no workflow has. */
export class UnknownWorkflowError extends Error {
  override name = 'UnknownWorkflowError';
  constructor(wanted: string, names: readonly string[]) {
    super(
      `No workflow is called ${wanted}. Did you mean ${closest(wanted, names)}? There are ${names.join(', ')}.`,
    );
  }
}

/**
 * The workflows of a repository (`.kino/workflows`, where it is trusted), the person's (`workflows` in Kino's home) and the
 * presets: Markdown, and of the person modules (TypeScript, JavaScript) whose default export is one as well. Of one name
 * the first counts.
 *
 * @returns what was loaded, and one sentence for each file that is none
 */
export async function loadWorkflows(
  root: string,
  { trusted }: { trusted: boolean },
): Promise<{ workflows: LoadedWorkflow[]; problems: string[] }> {
  const own = join(kinoHome(), 'workflows');
  const folders = [...(trusted ? [join(root, '.kino', 'workflows')] : []), own, PRESETS];
  const workflows = new Map<string, LoadedWorkflow>();
  const problems: string[] = [];
  for (const folder of folders) {
    for (const file of (await readdir(folder).catch(() => [])).sort()) {
      const source = join(folder, file);
      try {
        // What a repository brings is read and never run: it changes with every pull.
        const workflow = await readWorkflow(source, folder === own);
        if (workflow && !workflows.has(workflow.name)) workflows.set(workflow.name, { workflow, source });
      } catch (error) {
        problems.push(
          error instanceof WorkflowError ? error.message : `${source}: ${(error as Error).message}`,
        );
      }
    }
  }
  return { workflows: [...workflows.values()], problems };
}

/** A workflow by its name. @throws UnknownWorkflowError */
export async function findWorkflow(
  root: string,
  wanted: string,
  trust: { trusted: boolean },
): Promise<Workflow> {
  const { workflows } = await loadWorkflows(root, trust);
  const found = workflows.find(({ workflow }) => workflow.name === wanted);
  if (found) return found.workflow;
  throw new UnknownWorkflowError(
    wanted,
    workflows.map(({ workflow }) => workflow.name),
  );
}

/** @returns undefined for a file of another kind */
async function readWorkflow(source: string, mayRun: boolean): Promise<Workflow | undefined> {
  const extension = extname(source);
  const name = basename(source, extension);
  if (extension === '.md' && name !== 'README') return parseWorkflow(await readRegular(source), source, name);
  if (!/^\.m?[jt]s$/.test(extension)) return undefined;
  if (!mayRun)
    throw new WorkflowError(
      source,
      'a workflow of a repository is Markdown; modules are read from ~/.kino/workflows',
    );
  const module = (await import(pathToFileURL(source).href)) as { default?: unknown };
  return checkWorkflow(module.default, source);
}
