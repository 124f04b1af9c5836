import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { GitError, NotARepositoryError, openRepository, resolveCommit } from '../git/index.ts';
import { RepositoryIndex } from '../search/index.ts';
import { failure, success, type Tool } from './tool.ts';

const DEFAULT_LIMIT = 8;

const input = z.object({
  text: z.string().min(1).describe('A question, a bug report, names'),
  limit: z.int().min(1).max(30).optional(),
});

/** One index a workspace: what it has read of a repository is read once. */
const indexes = new Map<string, RepositoryIndex>();

/** Finds files by what they are about, without a model: words, identifiers, paths and earlier commits. */
export const findTool: Tool<z.infer<typeof input>> = {
  name: 'find',
  kind: 'search',
  description: 'Find the files that a text is about, by meaning and by symbols, with the lines that matter.',
  input,
  access: () => ({ reads: '*' }),
  async run({ text, limit = DEFAULT_LIMIT }, { sandbox }) {
    try {
      const repository = await openRepository(sandbox.root);
      const commit = await resolveCommit(repository, 'HEAD');
      const index = indexes.get(repository.path) ?? new RepositoryIndex(repository);
      indexes.set(repository.path, index);
      const accept = (path: string) => existsSync(join(repository.path, path));
      const { files, named } = await index.find(text, commit, { limit, accept });
      if (files.length === 0) return success('Nothing that is committed speaks of that; try grep.');
      const lines = await index.lines(text, commit, files);
      const shown = files.map(({ path }, place) => {
        const matching = (lines[place] ?? []).map(
          ({ line, text: code }) => `  ${line}: ${code.trim().slice(0, 160)}`,
        );
        return [`${path}${place < named ? ' (stands out)' : ''}`, ...matching].join('\n');
      });
      return success(shown.join('\n'));
    } catch (error) {
      if (
        error instanceof NotARepositoryError ||
        error instanceof GitError ||
        (error as Error).name === 'NoSuchCommitError'
      )
        return failure('There is no commit to search here; use grep and glob.');
      throw error;
    }
  },
};
