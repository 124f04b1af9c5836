// Builds a crate's tests and runs each test program with libtest's JSON format.
// Usage: cargo.mjs <report> [cargo arguments...]
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { dirname } from 'node:path';

const [report, ...args] = process.argv.slice(2);
const write = (value) => appendFileSync(report, `${JSON.stringify(value)}\n`);
const LIMITS = { encoding: 'utf8', maxBuffer: 1 << 30 };

/** The lines that are JSON: tests print among them. */
function* jsonLines(text) {
  for (const line of (text ?? '').split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      yield JSON.parse(line);
    } catch {
      // Not a line of the program's own.
    }
  }
}

const built = spawnSync(
  'cargo',
  // Whatever does not compile, the rest is built.
  ['test', '--no-run', '--offline', '--no-fail-fast', '--message-format=json', ...args],
  { ...LIMITS, stdio: ['ignore', 'pipe', 'inherit'] },
);
const programs = [];
for (const message of jsonLines(built.stdout)) {
  if (message.reason === 'compiler-message' && message.message.level === 'error')
    write({
      type: 'load-error',
      file: `${message.target.kind[0]}:${message.target.name}`,
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
  const run = (...options) =>
    spawnSync(path, options, {
      ...LIMITS,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, RUSTC_BOOTSTRAP: '1', CARGO_MANIFEST_DIR: folder },
    }).stdout;
  const eventsOf = (...options) => [
    ...jsonLines(run('-Z', 'unstable-options', '--format=json', '--report-time', ...options)),
  ];
  const shuffle = process.env.KINO_SHUFFLE;
  const events = eventsOf(...(shuffle ? [`--shuffle-seed=${shuffle}`] : []));
  const ended = events.filter(({ type, event }) => type === 'test' && event !== 'started');
  for (const event of ended) write({ ...event, target });
  if (events.some(({ type, event }) => type === 'suite' && event !== 'started')) continue;
  // An abort took the others along: each that is left runs alone.
  const seen = new Set(ended.map(({ name }) => name));
  const names = [...(run('--list', '--format=terse') ?? '').matchAll(/^(.+): test$/gm)].map(
    ([, name]) => name,
  );
  for (const name of names.filter((one) => !seen.has(one)))
    for (const event of eventsOf('--exact', name)) if (event.type === 'test') write({ ...event, target });
}
if (programs.length > 0) write({ type: 'end' });
