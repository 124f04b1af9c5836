import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { environmentOf, type HarborRow, loadHarbor, type Task } from '../src/environment/index.ts';
import { ContainerEngine, type Sandbox } from '../src/sandbox/index.ts';
import { kino } from './support/cli.ts';
import { importedTask, scoreAfter, type TaskFiles, writeTask } from './support/harbor.ts';
import { sharedFolder, temporaryFolder } from './support/temporary.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const engine = await ContainerEngine.find();
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
/** Only an image that is made of nothing can be built without a registry, and then of a program that needs nothing. */
const isStatic =
  busybox !== undefined &&
  execFileSync('sh', ['-c', 'ldd "$1" 2>&1 || :', 'sh', busybox], { encoding: 'utf8' }).includes(
    'not a dynamic',
  );
const canRun = typeof engine !== 'string' && isStatic;
if (!canRun) console.warn(`not run: ${typeof engine === 'string' ? engine : 'there is no static busybox'}`);

const [home, remove] = sharedFolder();
afterAll(remove);
const place = { home };

const HELLO: TaskFiles = {
  'task.toml': 'schema_version = "1.0"\n[task]\nname = "demo/engine"\n',
  'instruction.md': 'Write hello into hello.txt.\n',
  'environment/Dockerfile':
    'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nCOPY bash.sh /bin/bash\nENV GREETING="hello there"\nWORKDIR /app\nCOPY data.txt .\n',
  'environment/bash.sh': '#!/bin/sh\nexec /bin/sh "$@"\n',
  'environment/data.txt': 'data\n',
  'tests/test.sh':
    '#!/bin/bash\nif [ "$(cat /app/hello.txt)" = hello ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n',
  'solution/solve.sh': '#!/bin/bash\necho hello > hello.txt\n',
};

function written(files: TaskFiles): string {
  const folder = writeTask(files, join(temporaryFolder(), 'a, "b"', 'task'));
  copyFileSync(busybox!, join(folder, 'environment/busybox'));
  return folder;
}

const imported = (files: TaskFiles) => importedTask(written(files));
const scoreOf = (row: HarborRow, act: (sandbox: Sandbox) => Promise<unknown>) => scoreAfter(row, act, place);
const sh = (script: string) => (sandbox: Sandbox) => sandbox.exec(['sh', '-c', script]);
const left = (...args: string[]) =>
  (engine as ContainerEngine).call([...args, '--filter', `label=kino.pid=${process.pid}`]);

describe.runIf(canRun)('where Docker or Podman answers', () => {
  test('what layers cannot stand for runs in it: the solution gets 1, nothing gets 0', async () => {
    const folder = written(HELLO);
    const cwd = temporaryFolder();
    const run = (...args: string[]) =>
      kino(args, { cwd, env: { KINO_HOME: home, DOCKER_HOST: process.env.DOCKER_HOST } });
    expect(await run('tasks', 'import', folder)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 tasks in .kino/environments/task.jsonl'),
    });
    expect(await run('check', 'task')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('sound: on 1 tasks'),
    });
  });

  test('files by tools and by commands are the same, and the host is not there', async () => {
    const row = await imported(HELLO);
    let seen = '';
    const score = await scoreOf(row, async (sandbox) => {
      expect((await sandbox.read('/app/data.txt')).toString()).toBe('data\n');
      await sandbox.write('hello.txt', 'hello');
      const command =
        'pwd; echo $GREETING; cat /app/hello.txt; ls /tests /solution /work; nslookup example.com';
      seen = (await sandbox.exec(['sh', '-c', command])).output;
      expect((await sandbox.exec(['cat'], { stdin: 'given' })).output).toBe('given');
      expect((await sandbox.exec(['pwd'], { cwd: sandbox.root })).output).toBe('/app\n');
      expect((await sandbox.exec(['sh', '-c', 'echo $A; exit 7'], { env: { A: 'b c' } })).exitCode).toBe(7);
      await expect(sandbox.exec(['no-such-program'])).rejects.toMatchObject({
        name: 'CommandNotStartedError',
      });
    });
    expect(score).toMatchObject({ reward: 1, findings: [] });
    expect(seen).toMatch(/^\/app\nhello there\nhello/);
    for (const path of ['/tests', '/solution', '/work']) expect(seen).toContain(`${path}: No such file`);
    expect(seen).toMatch(/bad address|can't resolve|timed out|unreachable/i);
    expect(await left('ps', '--all', '--quiet')).toBe('');
    expect(await left('images', '--quiet')).toBe('');
  });

  test('what the agent changed outside of the working folder is there for the verifier, programs are not', async () => {
    const row = await imported({
      ...HELLO,
      'tests/test.sh':
        '#!/bin/bash\n{ cat /srv/made; id -u; ps; } > /logs/verifier/seen.txt\ncat /logs/verifier/seen.txt\nif [ "$(cat /srv/made)" = made ] && ! grep -q "sleep 777" /logs/verifier/seen.txt; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n',
    });
    const score = await scoreOf(
      row,
      sh(
        'mkdir -p /srv /etc/profile.d; echo made > /srv/made; sleep 777 & rm /bin/grep; printf "#!/bin/sh\\nexit 1\\n" > /bin/grep; chmod 755 /bin/grep; echo 1 > /logs/verifier/reward.txt; echo evil > /etc/profile.d/x.sh',
      ),
    );
    expect(score.reward).toBe(1);
    expect(score.findings).toEqual([
      { name: 'wrote-reward', detail: expect.stringContaining('reward.txt') },
      { name: 'patched-system', detail: expect.stringMatching(/\/bin\/grep.*\/etc\/profile\.d\/x\.sh/) },
    ]);
  });

  test('a command that takes too long is ended inside as well, and what ran before goes on', async () => {
    const row = await imported(HELLO);
    await scoreOf(row, async (sandbox) => {
      await sh('(while :; do date +%s%N > /app/ticks; sleep .05; done) >/dev/null 2>&1 &')(sandbox);
      const ran = await sandbox.exec(['sh', '-c', 'sleep 555; echo never'], { timeoutMs: 500 });
      expect(ran).toMatchObject({ timedOut: true, exitCode: null });
      expect((await sh('ps')(sandbox)).output).not.toContain('sleep 555');
      const before = readFileSync(join(sandbox.root, 'ticks'), 'utf8');
      await expect.poll(() => readFileSync(join(sandbox.root, 'ticks'), 'utf8')).not.toBe(before);
    });
  });

  test('a build that fails is told with what the engine said', async () => {
    const { importTasks } = await loadHarbor();
    const { rows } = await importTasks(
      written({ ...HELLO, 'environment/Dockerfile': `${HELLO['environment/Dockerfile']}RUN exit 3\n` }),
    );
    const environment = await environmentOf('harbor');
    await expect(environment.open!(rows[0] as Task, temporaryFolder(), place, false)).rejects.toThrow(
      /docker build: .*exit 3.*|podman build: .*exit 3.*/s,
    );
  });
});

test('where no engine answers, the reason names what was looked for', async () => {
  const path = process.env.PATH;
  vi.stubEnv('PATH', temporaryFolder());
  vi.stubEnv('DOCKER_HOST', '');
  expect(await ContainerEngine.find()).toBe('there is no docker, and there is no podman');
  vi.stubEnv('PATH', path ?? '');
  vi.stubEnv('DOCKER_HOST', 'ssh://elsewhere');
  expect(await ContainerEngine.find()).toContain('another machine');
  vi.unstubAllEnvs();
});
