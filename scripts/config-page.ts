/** Writes `docs/configuration.md` from the schema; `--check` fails when the page is not what the schema says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema, projectConfigSchema } from '../src/config/config.ts';

const page = join(import.meta.dirname, '..', 'docs', 'configuration.md');

interface Schema {
  type?: string;
  description?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

function* rows(schema: Schema, path: string): Generator<string> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (name === '$schema') continue;
    const here = path === '' ? name : `${path}.${name}`;
    const type = child.enum ? child.enum.map((value) => `\`${value}\``).join(', ') : (child.type ?? '');
    yield `| \`${here}\` | ${child.items ? `${child.items.type}s` : type} | ${child.description ?? ''} |`;
    yield* rows(child, here);
    if (typeof child.additionalProperties === 'object')
      yield* rows(child.additionalProperties, `${here}.<name>`);
  }
}

const projectKeys = Object.keys(projectConfigSchema.shape)
  .filter((key) => key !== '$schema')
  .map((key) => `\`${key}\``)
  .join(', ');
const schema = z.toJSONSchema(configSchema, { io: 'input' }) as Schema;
const text = `# Configuration

\`config.json\` in Kino's home folder (\`KINO_HOME\`, default \`~/.kino\`). Flags win over it. A repository's own
\`.kino/config.json\` is read once you trust the folder (\`kino trust\`), and may have only these: ${projectKeys}. It cannot
name endpoints or keys: it could send yours to an address of its choice.

| key | type | meaning |
|---|---|---|
${[...rows(schema, '')].join('\n')}

\`\`\`json
{
  "model": "lab/qwen3-coder",
  "providers": { "lab": { "api": "openai-compatible", "baseUrl": "http://10.0.0.7:8000/v1", "apiKeyEnv": "LAB_KEY" } },
  "prices": { "lab/qwen3-coder": { "input": 0.2, "output": 0.8 } },
  "budget": { "steps": 100 }
}
\`\`\`

| variable | meaning |
|---|---|
| \`KINO_HOME\` | where threads, configuration and caches are |
| \`KINO_DEBUG\` | print the stack of an error |
| \`NO_COLOR\` | no colours |
`;
if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error(
      'docs/configuration.md is not what src/config/config.ts says; run node scripts/config-page.ts',
    );
    process.exitCode = 1;
  }
} else writeFileSync(page, text);
