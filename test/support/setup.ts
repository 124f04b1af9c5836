import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// No test may read or write what belongs to the person who runs it.
const home = mkdtempSync(join(tmpdir(), 'kino-test-home-'));
process.env.KINO_HOME = home;
process.env.NO_COLOR = '1';
for (const name of Object.keys(process.env)) if (/_API_KEY$/.test(name)) delete process.env[name];

afterAll(() => rmSync(home, { recursive: true, force: true }));
