/**
 * Prints what an interactive session looks like, by its own components, for the picture in the README:
 * FORCE_COLOR=1 node scripts/terminal-picture.ts | node scripts/picture.ts docs/terminal.svg "kino"
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chat } from '../src/cli/chat/chat.ts';
import { Footer } from '../src/cli/tui/footer.ts';
import { Transcript } from '../src/cli/tui/transcript.ts';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { startModelServer } from '../test/support/model-server.ts';

const WIDTH = 92;
const folder = mkdtempSync(join(tmpdir(), 'kino-picture-'));
process.env.KINO_HOME = join(folder, 'home');
const cwd = join(folder, 'shop');
cpSync(join(import.meta.dirname, 'picture-files'), cwd, { recursive: true });
writeFileSync(join(cwd, 'AGENTS.md'), 'Prices are in cents.\n');

const TEST = 'node --test';
const server = await startModelServer([
  {
    reasoning: 'An empty cart has no items to reduce over.',
    text: 'I look at the cart and its test first.',
    calls: [
      { name: 'read', args: { path: 'cart.js' } },
      {
        name: 'todo',
        args: {
          items: [
            { text: 'Reproduce it', status: 'in_progress' },
            { text: 'Mend it', status: 'pending' },
          ],
        },
      },
    ],
    usage: { input: 9_000, output: 200 },
  },
  { calls: [{ name: 'bash', args: { command: TEST } }], usage: { input: 9_600, output: 60 } },
  {
    calls: [
      {
        name: 'edit',
        args: {
          path: 'cart.js',
          old: '  return items.map((item) => item.price).reduce((a, b) => a + b);',
          new: '  return items.reduce((sum, item) => sum + item.price, 0);',
        },
      },
    ],
  },
  { calls: [{ name: 'bash', args: { command: TEST } }] },
  { text: 'An empty cart now costs **0**: `reduce` had no start. The test that failed passes.' },
]);
const transcript = new Transcript();
const store = new SqliteThreadStore(join(process.env.KINO_HOME, 'kino.db'));
const flags = {
  cwd,
  model: 'openai-compatible/scripted',
  baseUrl: `${server.url}/v1`,
  mode: 'auto' as const,
};
const chat = await Chat.open(flags, store, {
  person: { permit: async () => ({ outcome: 'allow', scope: 'once' }), answer: async () => undefined },
  onEvent(event) {
    transcript.apply(event);
    footer.apply(event);
  },
  onChildEvent: () => {},
});
const footer = new Footer('auto', 'a scripted model', '~/shop');
await chat.send('The total of an empty cart throws. Why?');
console.log(
  [...transcript.render(WIDTH), '', ...footer.render(WIDTH)].map((line) => line.trimEnd()).join('\n'),
);
await chat.close();
store.close();
await server.close();
rmSync(folder, { recursive: true, force: true });
