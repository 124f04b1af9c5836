import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that goes when the test ends. Its name has a space, as people's folders do. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kino test ')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A new folder for all tests of a file; call the second to remove it. */
export function sharedFolder(): [folder: string, remove: () => void] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kino test ')));
  return [folder, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
}
