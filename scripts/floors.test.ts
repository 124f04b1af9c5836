import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/support/temporary.ts';
import { checkFloors } from './floors.ts';

function house(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('a room may use the door of a floor below', () => {
  const root = house({
    'src/git/README.md': '',
    'src/git/index.ts': '',
    'src/agent/README.md': '',
    'src/agent/loop.ts': "import { git } from '../git/index.ts';",
  });
  expect(checkFloors(root)).toEqual([]);
});

test('a window, a floor above, a neighbour, and a way out are breaches', () => {
  const root = house({
    'src/git/README.md': '',
    'src/git/a.ts': "import x from '../agent/index.ts';\nimport y from '../model/index.ts';",
    'src/agent/README.md': '',
    'src/agent/loop.ts': "const g = await import('../git/git.ts');\nexport * from '../../bench/x.ts';",
    'src/attic/x.ts': '',
  });
  expect(checkFloors(root)).toEqual([
    'src/agent/loop.ts enters git by ../git/git.ts, not by its door',
    'src/agent/loop.ts imports ../../bench/x.ts from outside src',
    'src/attic is not a room of the house',
    'src/attic has no README.md',
    'src/git/a.ts imports agent, which is not on a floor below',
    'src/git/a.ts imports model, which is not on a floor below',
  ]);
});
