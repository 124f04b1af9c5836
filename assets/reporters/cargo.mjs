// Builds a crate's tests and runs each test program with libtest's JSON format.
// Usage: cargo.mjs <report> [cargo arguments...]
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';

const [report, ...args] = process.argv.slice(2);
const write = (value) => appendFileSync(report, `${JSON.stringify(value)}\n`);
const LIMITS = { encoding: 'utf8', maxBuffer: 1 << 30 };

const built = spawnSync(
  'cargo',
  ['test', '--no-run', '--offline', '--keep-going', '--message-format=json', ...args],
  { ...LIMITS, stdio: ['ignore', 'pipe', 'inherit'] },
);
const programs = [];
for (const line of (built.stdout ?? '').split('\n')) {
  if (!line.startsWith('{')) continue;
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    continue;
  }
  if (message.reason === 'compiler-message' && message.message.level === 'error')
    write({
      type: 'load-error',
      file: message.target.name,
      message: message.message.rendered ?? message.message.message,
    });
  if (message.reason === 'compiler-artifact' && message.profile.test && message.executable)
    programs.push({
      target: `${message.target.kind[0]}:${message.target.name}`,
      path: message.executable,
      folder: dirname(message.manifest_path),
    });
}
for (const { target, path, folder } of programs.sort((a, b) => (a.target < b.target ? -1 : 1))) {
  const shuffle = process.env.KINO_SHUFFLE;
  const options = [
    '-Z',
    'unstable-options',
    '--format=json',
    '--report-time',
    ...(shuffle ? [`--shuffle-seed=${shuffle}`] : []),
  ];
  const { stdout } = spawnSync(path, options, {
    ...LIMITS,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RUSTC_BOOTSTRAP: '1', CARGO_MANIFEST_DIR: folder },
  });
  for (const line of (stdout ?? '').split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      const event = JSON.parse(line);
      if (event.type === 'test') write({ ...event, target });
    } catch {
      // A test printed it.
    }
  }
}
if (programs.length > 0) write({ type: 'end' });
