import { execFileSync } from 'node:child_process';

const WORDS =
  'parse token cache route query index merge split render value stream buffer socket header cookie session worker queue timer event state model view layout style theme locale format number string array object field column table record batch commit branch remote fetch push pull clone diff patch apply revert stash blame search find match replace escape encode decode compress hash sign verify encrypt key lock mutex signal thread process memory heap stack frame scope symbol module import export bundle chunk asset source map trace debug profile metric counter gauge alert rule policy role user group access token'.split(
    ' ',
  );

/** A repeatable sequence of numbers in 0..1 (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes a bare repository of so many files and commits with `git fast-import`. */
export function syntheticRepository(
  path: string,
  options: { files: number; commits: number; lines: number },
): void {
  const random = sequence(7);
  const word = () => WORDS[Math.floor(random() * WORDS.length)]!;
  const camel = () => word() + word().replace(/^./, (first) => first.toUpperCase());
  const source = () =>
    Array.from(
      { length: options.lines },
      () => `  const ${camel()} = ${camel()}(${word()}, ${camel()}.${word()}); // ${word()} ${word()}`,
    ).join('\n');
  const name = (file: number) => `src/${WORDS[file % 40]}/${WORDS[Math.floor(file / 40) % 90]}-${file}.ts`;
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  const parts: string[] = [];
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  for (let commit = 0; commit < options.commits; commit++) {
    const changed = commit === 0 ? options.files : 1 + Math.floor(random() * 3);
    const message =
      commit === 0 ? 'start' : `The ${word()} ${word()} loses its ${word()} when the ${camel()} is ${word()}`;
    parts.push(
      `commit refs/heads/main\ncommitter A <a@example.com> ${1_600_000_000 + commit * 60} +0000\n${data(message)}`,
    );
    for (let i = 0; i < changed; i++) {
      const file = commit === 0 ? i : Math.floor(random() * options.files);
      parts.push(`M 100644 inline ${name(file)}\n${data(source())}`);
    }
  }
  execFileSync('git', ['fast-import', '--quiet'], { cwd: path, input: parts.join('') });
}
