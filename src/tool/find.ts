import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import {
  GitError,
  NoSuchCommitError,
  NotARepositoryError,
  openRepository,
  type Repository,
  resolveCommit,
} from '../git/index.ts';
import { RepositoryIndex } from '../search/index.ts';
import { failure, success, type Tool } from './tool.ts';

const DEFAULT_LIMIT = 8;
const KEPT_INDEXES = 4;

const input = z.object({
  text: z.string().min(1).describe('A question, a bug report, names'),
  limit: z.int().min(1).max(30).optional(),
});

/** One index a workspace: what it has read of a repository is read once. */
const indexes = new Map<string, RepositoryIndex>();

function indexOf(repository: Repository): RepositoryIndex {
  const index = indexes.get(repository.path) ?? new RepositoryIndex(repository);
  indexes.delete(repository.path);
  indexes.set(repository.path, index);
  // An index holds its repository's words in memory, and a process may see thousands of workspaces.
  if (indexes.size > KEPT_INDEXES) indexes.delete(indexes.keys().next().value!);
  return index;
}

/** Finds files by what they are about, without a model: words, identifiers, paths and earlier commits. */
export const findTool: Tool<z.infer<typeof input>> = {
  name: 'find',
  kind: 'search',
  description: 'Find the files that a text is about, by meaning and symbols, with lines as committed.',
  input,
  access: () => ({ reads: '*' }),
  async run({ text, limit = DEFAULT_LIMIT }, { sandbox }) {
    try {
      const repository = await openRepository(sandbox.root);
      const commit = await resolveCommit(repository, 'HEAD');
      const index = indexOf(repository);
      const [root, cwd] = await Promise.all([sandbox.resolve(sandbox.root), sandbox.resolve('.')]);
      // The workspace may be a part of the repository.
      const accept = (path: string) => {
        const file = join(repository.path, path);
        return file.startsWith(root + sep) && existsSync(file);
      };
      const { files, named } = await index.find(text, commit, { limit, accept });
      if (files.length === 0) return success('Nothing that is committed speaks of that; try grep.');
      const lines = await index.lines(text, commit, files);
      const shown = files.map(({ path }, place) => {
        const matching = (lines[place] ?? []).map(
          ({ line, text: code }) => `  ${line}: ${code.trim().slice(0, 160)}`,
        );
        const file = relative(cwd, join(repository.path, path));
        return [`${file}${place < named ? ' (stands out)' : ''}`, ...matching].join('\n');
      });
      return success(shown.join('\n'));
    } catch (error) {
      if (error instanceof NotARepositoryError || error instanceof NoSuchCommitError)
        return failure('There is no commit to search here; use grep and glob.');
      if (error instanceof GitError)
        return failure(`The repository cannot be searched (${error.message}); use grep and glob.`);
      throw error;
    }
  },
};
