import { z } from 'zod';
import { locateDependency } from '../project/index.ts';
import { failure, success, type Tool } from './tool.ts';

const input = z.object({
  name: z.string().min(1).describe('As it is installed: react, requests, github.com/spf13/cobra, serde'),
});

/** Where the source of a dependency lies on this machine. */
export const dependencyTool: Tool<z.infer<typeof input>> = {
  name: 'dependency',
  kind: 'search',
  description: 'Where the source of an installed dependency lies, and its version.',
  input,
  access: () => ({ reads: '*' }),
  async run({ name }, { sandbox }) {
    const found = locateDependency(name, sandbox.root, sandbox.cwd);
    if (found.length === 0) {
      return failure(
        `${name} is not installed here: it is in no node_modules, site-packages, Go module cache or Cargo registry.`,
      );
    }
    return success(
      found
        .map(({ ecosystem, version, path }) => `${ecosystem} ${version ?? '(version unknown)'}: ${path}`)
        .join('\n'),
    );
  },
};
