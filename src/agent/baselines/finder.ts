import type { Repository } from '../../git/index.ts';
import { classify } from '../../project/index.ts';
import { RepositoryIndex } from '../../search/index.ts';
import type { Agent } from '../agent.ts';

/**
 * Answers with the source files that the search index finds for the prompt. No model, no workspace, no step in it
 * that a person could not follow.
 */
export function finderAgent(): Agent {
  const indexes = new Map<string, RepositoryIndex>();
  const indexOf = (repository: Repository) => {
    let index = indexes.get(repository.path);
    if (!index) {
      index = new RepositoryIndex(repository);
      indexes.set(repository.path, index);
    }
    return index;
  };
  return {
    name: 'finder',
    async run({ prompt, repository }) {
      if (!repository) {
        return {
          status: 'failed',
          reason: 'There is no repository to search.',
          answer: '',
          steps: 0,
          usage: {},
        };
      }
      const found = await indexOf(repository.repository).find(questionOf(prompt ?? ''), repository.base, {
        accept: (path) => classify(path) === 'source',
      });
      const paths = found.files.map((file) => file.path);
      const files = paths.slice(0, found.named);
      return {
        status: 'done',
        reason: files.length > 0 ? 'It named what stands out.' : 'It found nothing.',
        answer: JSON.stringify({ files, also: paths.slice(found.named) }),
        steps: 1,
        usage: {},
      };
    },
  };
}

/** What an environment asks stands between tags; the words around it are for models. */
function questionOf(prompt: string): string {
  return /<(change|task|statement)>\n?([\s\S]*?)\n?<\/\1>/.exec(prompt)?.[2] ?? prompt;
}
