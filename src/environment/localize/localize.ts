import { listTree, type Repository } from '../../git/index.ts';
import { type Environment, repositoryOf, type Score } from '../environment.ts';
import type { LocalizeTask } from '../task.ts';
import { filesNamed } from './answer.ts';
import { scoreFiles } from './score.ts';

/**
 * Find the files that a change must touch. Statement: a commit's message without names of files. Answer: the source
 * files that the commit changed and that existed before. Reward: F1.
 */
export const localize: Environment<LocalizeTask> = {
  kind: 'localize',

  prompt: (task) =>
    `Below is a change that someone is about to make to this repository. Find the existing source files (no tests, no documentation) that must be changed for it; usually 1 to 3, at most 5. Change nothing.

<change>
${task.statement}
</change>

End with a JSON array of their paths, the most certain first, for example ["src/a.ts", "src/b.ts"].`,

  reference: (task) => ({ answer: JSON.stringify(task.answer.files) }),

  async verify(task, work): Promise<Score> {
    const { answer } = work;
    const repository = repositoryOf(work);
    const known = await pathsOf(repository, task.base);
    const files = filesNamed(answer, known);
    const metrics = scoreFiles(files, task.answer.files);
    return {
      reward: metrics.f1,
      metrics,
      explanation: explain(files.named, task.answer.files),
      findings: [],
    };
  },
};

function explain(named: readonly string[], gold: readonly string[]): string {
  const part = (label: string, paths: readonly string[]) =>
    paths.length === 0 ? [] : [`${label}: ${paths.join(', ')}`];
  return [
    ...part(
      'right',
      named.filter((path) => gold.includes(path)),
    ),
    ...part(
      'wrong',
      named.filter((path) => !gold.includes(path)),
    ),
    ...part(
      'missed',
      gold.filter((path) => !named.includes(path)),
    ),
  ].join('; ');
}

const cache = new Map<string, Promise<ReadonlySet<string>>>();

/** Several attempts at one task ask for the same tree. */
function pathsOf(repository: Repository, commit: string): Promise<ReadonlySet<string>> {
  const key = `${repository.path}\0${commit}`;
  let paths = cache.get(key);
  if (!paths) {
    paths = listTree(repository, commit).then((files) => new Set(files.map((file) => file.path)));
    paths.catch(() => cache.delete(key));
    if (cache.size >= 16) cache.delete(cache.keys().next().value!);
    cache.set(key, paths);
  }
  return paths;
}
