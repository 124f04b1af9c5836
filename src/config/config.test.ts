import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { loadConfig } from './config.ts';
import { ConfigError } from './json-file.ts';

function homeWith(text: string): string {
  const home = temporaryFolder();
  writeFileSync(join(home, 'config.json'), text);
  return home;
}

test('without a file nothing is configured', async () => {
  const home = temporaryFolder();
  expect(await loadConfig(home)).toEqual({});
  expect(await loadConfig(join(home, 'not', 'there'))).toEqual({});
  expect(await loadConfig(homeWith('{}'))).toEqual({});
});

test('a full configuration reads as it was written', async () => {
  const config = {
    $schema: './schema.json',
    model: 'local/qwen3',
    sandbox: 'danger-full-access',
    passEnv: ['NPM_CONFIG_REGISTRY'],
    budget: { steps: 10, seconds: 0.5, tokens: 1_000, usd: 0.1 },
    providers: {
      local: {
        api: 'openai-compatible',
        baseUrl: 'http://127.0.0.1:8000/v1',
        apiKeyEnv: 'LOCAL_KEY',
        headers: { 'x-team': 'a' },
      },
    },
    prices: { 'local/qwen3': { input: 0, output: 1.5, cachedInput: 0.1 } },
  };
  expect(await loadConfig(homeWith(JSON.stringify(config)))).toEqual(config);
  expect(await loadConfig(homeWith(`\ufeff${JSON.stringify(config)}`))).toEqual(config);
});

test.each([
  ['no JSON', '{"model": ', /is not JSON/],
  ['no JSON over many lines', '{\n  "model": "a/b"\n  sandbox\n}\n', /is not JSON/],
  ['a text of two lines', 'model\nsandbox', /is not JSON/],
  ['an empty file', '', /is not JSON/],
  ['no object', '[]', /expected object/],
  ['an unknown key', '{"modle": "a/b"}', /modle/],
  ['an unknown key further down', '{"budget": {"step": 1}}', /budget: .*step/],
  ['a wrong type', '{"model": 1}', /model: .*string/],
  ['a wrong choice', '{"sandbox": "docker"}', /sandbox: .*workspace-write/],
  ['a wrong entry of a list', '{"passEnv": ["A", 1]}', /passEnv\.1: /],
  ['a budget below 1', '{"budget": {"steps": 0}}', /budget\.steps: /],
  ['a provider without its format', '{"providers": {"x": {}}}', /providers\.x\.api: /],
  [
    'an address that is none',
    '{"providers": {"x": {"api": "google", "baseUrl": "file:///x"}}}',
    /providers\.x\.baseUrl: /,
  ],
  ['a provider whose name is none', '{"providers": {"a/b": {"api": "google"}}}', /providers\.a\/b: /],
  ['a negative price', '{"prices": {"a/b": {"input": -1, "output": 0}}}', /prices\.a\/b\.input: /],
])('%s is refused in one sentence that names it', async (_, text, named) => {
  const home = homeWith(text);
  const error = await loadConfig(home).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  const { message, path } = error as ConfigError;
  expect(path).toBe(join(home, 'config.json'));
  expect(message).toMatch(named);
  expect(message).toMatch(/^[^\n]+config\.json: [^\n]+[^.]\.$/);
});

test('a configuration that cannot be read is refused, not ignored', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'config.json'));
  await expect(loadConfig(home)).rejects.toThrow(ConfigError);
});
