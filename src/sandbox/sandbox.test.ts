import { execFile } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { access, chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { CommandNotStartedError, openSandbox, PathOutsideError, type SandboxName } from './index.ts';

const WRITABLE = ['workspace-write', 'danger-full-access'] as const;

async function open(name: SandboxName, root = temporaryFolder(), passEnv?: string[]) {
  const sandbox = await openSandbox(name, { root, ...(passEnv && { passEnv }) });
  onTestFinished(() => sandbox.dispose());
  const bash = (script: string, options = {}) => sandbox.exec(['bash', '-c', script], options);
  return { sandbox, root, bash };
}

function setEnv(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** A `sleep` that can be told from all others on this machine. */
let count = 0;
const newSleep = () => `sleep 3600.${process.pid}${String(++count).padStart(4, '0')}`;

/** How many processes have this in their command line, whatever their process namespace. */
async function running(command: string): Promise<number> {
  const wanted = command.replaceAll(' ', '\0');
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(wanted) || line.includes(command)).length;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 250; tries++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error('it did not come to be');
}

const gone = (command: string) => until(async () => (await running(command)) === 0);
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test.each(WRITABLE)('%s: output is standard output and standard error, with the exit code', async (name) => {
  const { bash } = await open(name);
  expect(await bash('echo out; echo err >&2; exit 3')).toMatchObject({
    exitCode: 3,
    timedOut: false,
    aborted: false,
    output: 'out\nerr\n',
    bytes: 8,
  });
  expect(await bash('true')).toMatchObject({ exitCode: 0, output: '' });
});

test.each(WRITABLE)(
  '%s: a program gets its standard input, and an empty one where none is given',
  async (name) => {
    const { sandbox } = await open(name);
    const text = 'a “line”\n'.repeat(100_000);
    const { output, bytes } = await sandbox.exec(['cat'], { stdin: text, maxBytes: 4_000_000 });
    expect(bytes).toBe(Buffer.byteLength(text));
    expect(output).toBe(text);
    expect(await sandbox.exec(['cat'])).toMatchObject({ exitCode: 0, output: '' });
    expect(await sandbox.exec(['true'], { stdin: text })).toMatchObject({ exitCode: 0 });
  },
);

test.each(WRITABLE)('%s: no shell reads the arguments', async (name) => {
  const { sandbox, root } = await open(name);
  const args = ['$(touch x)', '`touch x`', '; touch x', '*', '', 'a b', "'", '\n', '--'];
  const { output } = await sandbox.exec(['printf', '%s|', ...args]);
  expect(output).toBe(`${args.join('|')}|`);
  expect(await readdir(root)).toEqual([]);
});

test.each(WRITABLE)('%s: a command runs in a folder of the workspace, and in no other', async (name) => {
  const { sandbox, root } = await open(name);
  await mkdir(join(root, 'sub folder'));
  expect((await sandbox.exec(['pwd'])).output).toBe(`${root}\n`);
  expect((await sandbox.exec(['pwd'], { cwd: 'sub folder' })).output).toBe(`${root}/sub folder\n`);
  await expect(sandbox.exec(['pwd'], { cwd: '..' })).rejects.toThrow(PathOutsideError);
  const nowhere = sandbox.exec(['pwd'], { cwd: 'nowhere' });
  await expect(nowhere).rejects.toThrow(CommandNotStartedError);
  await expect(nowhere).rejects.toThrow(/nowhere/);
});

test.each(WRITABLE)('%s: a program that is not there is told from one that fails', async (name) => {
  const { sandbox } = await open(name);
  const missing = sandbox.exec(['no-such-program', 'x']);
  await expect(missing).rejects.toThrow(CommandNotStartedError);
  await expect(missing).rejects.toThrow(/^no-such-program could not be started: .*no such/i);
  for (const command of [['./nothing'], [''], [], ['echo', 'a\0b']]) {
    await expect(sandbox.exec(command), JSON.stringify(command)).rejects.toThrow(CommandNotStartedError);
  }
  expect((await sandbox.exec(['false'])).exitCode).toBe(1);
});

test.each(WRITABLE)('%s: what a command prints cannot pass for the failure to start it', async (name) => {
  const { bash } = await open(name);
  expect(await bash('echo "bwrap: made up"; exit 1')).toMatchObject({
    exitCode: 1,
    output: 'bwrap: made up\n',
  });
  expect((await bash('echo x >&3')).output).toMatch(/bad file descriptor/i);
});

const TREES: [string, (sleeping: string) => string][] = [
  [
    'children in the background',
    (sleeping) => `${sleeping} & ${sleeping} & (${sleeping} &) ; touch ready; wait`,
  ],
  [
    'children that ignore SIGTERM',
    (sleeping) => `trap '' TERM INT HUP; ${sleeping} & touch ready; ${sleeping}`,
  ],
  [
    'children in sessions of their own',
    (sleeping) => `setsid ${sleeping} & setsid -f ${sleeping}; touch ready; wait`,
  ],
];
const KILLED = WRITABLE.flatMap((name) => TREES.map(([what, script]) => ({ name, what, script })));

test.each(WRITABLE)('%s: a time-out kills the whole tree', async (name) => {
  const kill = async (script: (sleeping: string) => string) => {
    const { bash, root } = await open(name);
    const sleeping = newSleep();
    const result = await bash(`echo begun; ${script(sleeping)}`, { timeoutMs: 2_000 });
    expect(result).toMatchObject({ exitCode: null, timedOut: true, aborted: false, output: 'begun\n' });
    expect(await exists(join(root, 'ready'))).toBe(true);
    await gone(sleeping);
  };
  await Promise.all(TREES.map(([, script]) => kill(script)));
});

test.each(KILLED)('$name: an abort kills the whole tree: $what', async ({ name, script }) => {
  const { bash, root } = await open(name);
  const sleeping = newSleep();
  const stop = new AbortController();
  const result = bash(script(sleeping), { signal: stop.signal });
  await until(() => exists(join(root, 'ready')));
  await until(async () => (await running(sleeping)) > 1);
  stop.abort();
  expect(await result).toMatchObject({ exitCode: null, timedOut: false, aborted: true });
  await gone(sleeping);
});

test.each(WRITABLE)('%s: what was aborted before it began does not run', async (name) => {
  const { bash, root } = await open(name);
  expect(await bash('touch x', { signal: AbortSignal.abort() })).toMatchObject({
    exitCode: null,
    aborted: true,
  });
  expect(await readdir(root)).toEqual([]);
});

test.each(WRITABLE)('%s: what a command leaves in the background does not outlive it', async (name) => {
  const { sandbox, bash } = await open(name);
  const [inGroup, inSession] = [newSleep(), newSleep()];
  const result = await bash(`${inGroup} & setsid -f ${inSession}; echo done`);
  expect(result).toMatchObject({ exitCode: 0, timedOut: false, output: 'done\n' });
  await gone(inGroup);
  if (name === 'danger-full-access') await sandbox.dispose();
  await gone(inSession);
});

test.each(WRITABLE)('%s: dispose ends a command that runs', async (name) => {
  const { sandbox, bash, root } = await open(name);
  const sleeping = newSleep();
  const result = bash(`touch ready; ${sleeping}; true`);
  await until(() => exists(join(root, 'ready')));
  await sandbox.dispose();
  expect(await result).toMatchObject({ exitCode: null, aborted: true });
  await gone(sleeping);
});

test.each(WRITABLE)('%s: long output keeps head and tail, and goes whole to a file', async (name) => {
  const { bash } = await open(name);
  const outputFile = join(temporaryFolder(), 'output');
  const result = await bash('seq 1 100000', { maxBytes: 1_000, outputFile });
  expect(result).toMatchObject({ exitCode: 0, bytes: 588_895, outputFile });
  expect(result.output).toMatch(/^1\n2\n3\n[\s\S]*\n\[… 587895 bytes cut …\]\n[\s\S]*\n100000\n$/);
  expect(result.output.length).toBeLessThan(1_300);
  expect(await readFile(outputFile, 'utf8')).toBe(
    Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join(''),
  );
});

test.each(WRITABLE)('%s: no way of naming a file leads out of the workspace', async (name) => {
  const { sandbox, root } = await open(name);
  const outside = temporaryFolder();
  await writeFile(join(outside, 'secret'), 'secret');
  await symlink(join(outside, 'secret'), join(root, 'file'));
  await symlink(outside, join(root, 'folder'));
  await symlink(join(outside, 'new'), join(root, 'dangling'));
  await symlink(join(outside, 'new folder'), join(root, 'dangling folder'));
  const ways = [
    '../x',
    'a/../../x',
    '..',
    outside,
    join(outside, 'secret'),
    `${root}x`,
    '/etc/passwd',
    'file',
    'folder/secret',
    'folder/new',
    'dangling',
    'dangling folder/x',
    'nul\0',
  ];
  for (const way of ways) {
    await expect(sandbox.resolve(way), way).rejects.toThrow(PathOutsideError);
    await expect(sandbox.read(way), way).rejects.toThrow(PathOutsideError);
    await expect(sandbox.write(way, 'x'), way).rejects.toThrow(PathOutsideError);
  }
  expect(await readdir(outside)).toEqual(['secret']);
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test.each(WRITABLE)('%s: any name within the workspace can be written and read', async (name) => {
  const { sandbox, bash, root } = await open(name);
  const names = ['a b', 'new\nline', '“☃” $HOME `x` *', '-rf', '..x', 'deep/er/file', join(root, 'absolute')];
  for (const path of names) {
    await sandbox.write(path, `in ${path}`);
    expect((await sandbox.read(path)).toString()).toBe(`in ${path}`);
    expect((await sandbox.exec(['cat', '--', path])).output).toBe(`in ${path}`);
  }
  await symlink('a b', join(root, 'link'));
  await sandbox.write('link', 'through the link');
  expect((await bash('cat "a b"; readlink link')).output).toBe('through the linka b\n');
});

test.each(WRITABLE)('%s: a file is replaced whole and keeps its mode', async (name) => {
  const { sandbox, root } = await open(name);
  const path = join(root, 'script');
  await writeFile(path, 'old');
  await chmod(path, 0o751);
  const reader = openSync(path, 'r');
  await sandbox.write('script', 'new and longer');
  // Who had it open still sees the old one whole: it was not written in place.
  expect(await readFile(`/proc/self/fd/${reader}`, 'utf8')).toBe('old');
  closeSync(reader);
  expect(await readFile(path, 'utf8')).toBe('new and longer');
  expect((await stat(path)).mode & 0o777).toBe(0o751);
  await mkdir(join(root, 'folder'));
  await expect(sandbox.write('folder', 'x')).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY/);
  expect((await readdir(root)).sort()).toEqual(['folder', 'script']);
});

test.each(WRITABLE)('%s: commands see no variable that is not on the list', async (name) => {
  setEnv('ANTHROPIC_API_KEY', 'sk-secret');
  setEnv('SOME_TOKEN', 'secret');
  setEnv('LD_PRELOAD', '');
  const allowed =
    /^(PATH|LANG|LC_\w+|TZ|USER|LOGNAME|SHELL|JAVA_HOME|GOROOT|TERM|PAGER|GIT_PAGER|GIT_TERMINAL_PROMPT)$/;
  const own = /^(HOME|TMPDIR|PWD|KINO_EXEC)$/;
  const { sandbox } = await open(name);
  const { output } = await sandbox.exec(['env'], { env: { ASKED_FOR: '1' } });
  const names = output
    .trim()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf('=')));
  expect(names.filter((variable) => !allowed.test(variable) && !own.test(variable))).toEqual(['ASKED_FOR']);
  expect(output).not.toContain('secret');
  const passing = await open(name, temporaryFolder(), ['SOME_TOKEN', 'NOT_SET']);
  const passed = await passing.sandbox.exec(['env']);
  expect(passed.output).toContain('SOME_TOKEN=secret\n');
  expect(passed.output).not.toMatch(/ANTHROPIC|NOT_SET/);
});

test.each(WRITABLE)('%s: git works in the workspace', async (name) => {
  const repository = createRepository([{ message: 'one', files: { 'a.txt': 'a\n' } }]);
  const { sandbox, bash } = await open(name, repository.path);
  expect(await sandbox.exec(['git', 'status', '--porcelain'])).toMatchObject({ exitCode: 0, output: '' });
  await sandbox.write('a.txt', 'b\n');
  expect((await sandbox.exec(['git', 'status', '--porcelain'])).output).toBe(' M a.txt\n');
  const commit =
    'git -c user.name=a -c user.email=a@b commit --quiet --all --message two && git log --format=%s';
  expect((await bash(commit)).output).toBe('two\none\n');
});

test('bubblewrap: a server on this machine cannot be reached', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const connect = `exec 3<>/dev/tcp/127.0.0.1/${typeof address === 'object' ? address?.port : ''}`;
  expect((await (await open('danger-full-access')).bash(connect)).exitCode).toBe(0);
  expect((await (await open('workspace-write')).bash(connect)).exitCode).not.toBe(0);
  expect(connections).toBe(1);
});

test('bubblewrap: only the workspace and a private temporary folder can be written', async () => {
  const { bash, root } = await open('workspace-write');
  const outside = temporaryFolder();
  const places = ['/', '/usr', '/etc', '/var', import.meta.dirname];
  const touch = (folder: string) => `touch '${folder}/kino-was-here' 2>/dev/null && echo '${folder}'`;
  const { output } = await bash([root, '/tmp', ...places].map(touch).join('\n'));
  expect(output).toBe(`${root}\n/tmp\n`);
  expect(await exists('/tmp/kino-was-here')).toBe(false);
  expect(await readdir(root)).toEqual(['kino-was-here']);
  // What one command leaves in the temporary folder, the next does not see; and never what is in the real one.
  expect((await bash('ls /tmp/kino-was-here')).exitCode).not.toBe(0);
  await bash(`mkdir -p '${outside}' && echo x > '${outside}/x'`);
  expect(await readdir(outside)).toEqual([]);
});

test('bubblewrap: neither the home folder nor that of Kino can be read', async () => {
  const home = process.env.KINO_HOME!;
  await writeFile(join(home, 'config.json'), '{}');
  const { sandbox, bash } = await open('workspace-write');
  const list = ['find', homedir(), home, '-maxdepth', '1', '-not', '-type', 'd'];
  expect(await sandbox.exec(list)).toMatchObject({ exitCode: 0, output: '' });
  expect((await bash('echo $HOME; ls -A ~')).output).toBe('/tmp/home\n');
});

test("bubblewrap: Kino's folder is hidden in a workspace that holds it", async () => {
  const root = temporaryFolder();
  const home = join(root, '.kino');
  await mkdir(home);
  await writeFile(join(home, 'kino.db'), 'threads');
  setEnv('KINO_HOME', home);
  const { bash } = await open('workspace-write', root);
  expect((await bash('ls -A .kino; touch .kino/x y')).output).toBe('');
  expect(await readdir(home)).toEqual(['kino.db']);
  expect((await readdir(root)).sort()).toEqual(['.kino', 'y']);
});

test("bubblewrap: a workspace in Kino's folder can be written, and what lies beside it stays hidden", async () => {
  const home = temporaryFolder();
  const root = join(home, 'workspaces', 'one');
  await mkdir(root, { recursive: true });
  await writeFile(join(home, 'kino.db'), 'threads');
  setEnv('KINO_HOME', home);
  const { bash } = await open('workspace-write', root);
  expect((await bash('touch x; ls -A . .. ../..')).output).toBe('.:\nx\n\n..:\none\n\n../..:\nworkspaces\n');
  expect(await readdir(root)).toEqual(['x']);
});

test('bubblewrap: processes of this machine cannot be seen', async () => {
  const { bash } = await open('workspace-write');
  expect((await bash(`ls -d /proc/${process.pid} /proc/[0-9]* | wc -l`)).output).toMatch(/[1-9]\n$/);
  expect((await bash(`cat /proc/*/environ | tr '\\0' '\\n' | grep -c '^KINO_HOME='`)).output).toBe('0\n');
});

test('where bubblewrap is missing, one sentence says so and nothing runs without it', async () => {
  const root = temporaryFolder();
  const index = JSON.stringify(join(import.meta.dirname, 'index.ts'));
  const script = `
    import { openSandbox } from ${index};
    await openSandbox('workspace-write', { root: process.cwd() }).then(
      () => console.log('opened'),
      ({ name, message }) => console.log(name + ': ' + message),
    );`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env: { PATH: root },
  });
  expect(stdout).toMatch(
    /^SandboxUnavailableError: The bubblewrap sandbox does not work here: there is no `bwrap` program\. .*--sandbox danger-full-access.*\n$/,
  );
});

test('bubblewrap refuses a workspace that holds the home folder', async () => {
  await expect(openSandbox('workspace-write', { root: homedir() })).rejects.toThrow(/holds your home folder/);
  await expect(openSandbox('workspace-write', { root: '/' })).rejects.toThrow(/holds your home folder/);
});
