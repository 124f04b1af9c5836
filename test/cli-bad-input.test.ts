import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import { createRepository } from './support/repository.ts';
import { temporaryFolder } from './support/temporary.ts';

const RUN = ['run', 'explain', '--mode', 'bypass', '--model'];

interface Place {
  cwd: string;
  env: Record<string, string>;
}

/** What makes the machine unlike a good one, before the command is run. */
type Prepare = (place: Place) => void;

const repository: Prepare = ({ cwd }) => {
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd });
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  execFileSync('git', [...identity, 'commit', '--quiet', '--allow-empty', '-m', 'one'], { cwd });
};
const emptyRepository: Prepare = ({ cwd }) => {
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd });
};
const brokenHead: Prepare = (place) => {
  repository(place);
  writeFileSync(join(place.cwd, '.git', 'refs', 'heads', 'main'), `${'0'.repeat(39)}1\n`);
};
const garbageHead: Prepare = (place) => {
  repository(place);
  writeFileSync(join(place.cwd, '.git', 'HEAD'), 'garbage');
};
const file =
  (name: string, text: string): Prepare =>
  ({ cwd }) =>
    writeFileSync(join(cwd, name), text);
const config =
  (text: string): Prepare =>
  ({ env }) =>
    writeFileSync(join(env.KINO_HOME!, 'config.json'), text);
const homeIsFile: Prepare = ({ env }) => {
  env.KINO_HOME = join(env.KINO_HOME!, 'file');
  writeFileSync(env.KINO_HOME, '');
};
const newerDatabase: Prepare = ({ env }) => {
  const db = new DatabaseSync(join(env.KINO_HOME!, 'kino.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
};
const onlyNode: Prepare = ({ env }) => {
  env.PATH = temporaryFolder();
  symlinkSync(process.execPath, join(env.PATH, 'node'));
};
const all =
  (...parts: Prepare[]): Prepare =>
  (place) => {
    for (const part of parts) part(place);
  };

const TASK = JSON.stringify({
  id: '0123456789abcdef',
  kind: 'localize',
  repository: { name: 'r', path: '/nowhere', identity: '0123456789abcdef' },
  base: 'a'.repeat(40),
  statement: 'something must change',
  answer: { files: ['a.ts'] },
  source: { commit: 'b'.repeat(40), time: 1, subject: 's' },
});
const tasks = file('tasks.jsonl', `${TASK}\n`);
const EVAL = ['eval', 'tasks.jsonl', '--agent'];

const CASES: [string, string[], RegExp, Prepare?][] = [
  ['mine where there is no repository', ['mine', 'localize'], /is not in a git repository/],
  ['find where there is no repository', ['find', 'x'], /is not in a git repository/],
  ['mine of an empty history', ['mine', 'localize'], /has no commit yet/, emptyRepository],
  ['find in an empty history', ['find', 'x'], /has no commit yet/, emptyRepository],
  ['mine with a HEAD that leads nowhere', ['mine', 'localize'], /HEAD/, brokenHead],
  ['find with a HEAD that leads nowhere', ['find', 'x'], /HEAD/, brokenHead],
  ['mine with a HEAD that is garbage', ['mine', 'localize'], /is not in a git repository/, garbageHead],
  ['mine of a folder that is not there', ['mine', 'localize', 'no'], /no is not .*there is no such folder/],
  ['mine of a file', ['mine', 'localize', 'f'], /f is not .*it is a file/, file('f', '')],
  ['find in a folder that is not there', ['find', 'x', 'no'], /no is not .*there is no such folder/],
  ['run in a folder that is not there', [...RUN, 'ollama/x', '--cwd', 'no'], /There is no folder no/],
  ['find at an unknown commit', ['find', 'x', '--at', 'v9'], /v9 names no commit/, repository],
  ['find at what looks like an option', ['find', 'x', '--at=--all'], /--all names no commit/, repository],
  ['find of nothing', ['find', ' '], /the text is empty/, repository],
  [
    'mine that explains an unknown commit',
    ['mine', 'localize', '--explain', 'v9'],
    /v9 names no commit/,
    repository,
  ],
  [
    'eval with an unknown agent',
    [...EVAL, 'findr'],
    /No agent is called findr\. Did you mean finder\?/,
    tasks,
  ],
  ['eval without an agent', ['eval', 'tasks.jsonl'], /--agent/, tasks],
  ['eval of kino without a model', [...EVAL, 'kino'], /needs a model/, tasks],
  [
    'eval of an environment that is not there',
    ['eval', 'no', '--agent', 'nop'],
    /no: there is no such environment/,
  ],
  [
    'eval of a file that is no environment',
    [...EVAL, 'nop'],
    /line 2 is not JSON/,
    file('tasks.jsonl', `${TASK}\n{`),
  ],
  ['eval of a row that is no task', [...EVAL, 'nop'], /line 1 is no task \(\w+: /, file('tasks.jsonl', '{}')],
  ['eval of an empty file', [...EVAL, 'nop'], /holds no task/, file('tasks.jsonl', '\n')],
  [
    'eval of a folder',
    ['eval', '.', '--agent', 'nop'],
    /^kino: \.: (?:there is no such environment|cannot be read)/,
  ],
  ['an unknown provider', [...RUN, 'antropic/x'], /antropic\. Did you mean anthropic\/…\?/],
  ['a model without a provider', [...RUN, 'gpt'], /gpt.*provider\/model/],
  ['a provider without a model', [...RUN, 'anthropic/'], /anthropic\/ names no model/],
  ['no model at all', ['run', 'x', '--mode', 'bypass'], /No model is named/],
  ['a missing key', [...RUN, 'anthropic/x'], /set ANTHROPIC_API_KEY/],
  ['a missing key in eval', [...EVAL, 'kino', '--model', 'anthropic/x'], /set ANTHROPIC_API_KEY/, tasks],
  ['a model that needs an address', [...RUN, 'openai-compatible/x'], /--base-url/],
  ['an address that is none', [...RUN, 'ollama/x', '--base-url', 'localhost'], /--base-url.*http:\/\//],
  ['an address of a file', [...RUN, 'ollama/x', '--base-url', 'file:///x'], /--base-url.*http:\/\//],
  ['resume where nothing has run', ['resume', '--model', 'ollama/x'], /No session has worked in/],
  ['resume of a thread that is not there', ['resume', 'zzzzzz', 'x'], /zzzzzz/],
  ['undo where nothing has run', ['undo'], /No session has worked in/],
  ['rewind to no step', ['rewind', 'two'], /whole number/],
  ['trust of a folder that is not there', ['trust', 'no'], /There is no folder no/],
  ['a rule that is not there', ['permissions', 'remove', 'bash(x)'], /There is no rule bash\(x\)/],
  ['an unknown mode', ['run', 'x', '--mode', 'ask'], /--mode.*bypass/],
  ['an empty prompt', ['run', ' ', '--mode', 'bypass', '--model', 'ollama/x'], /prompt is empty/],
  ['an empty standard input as the prompt', ['run', '-', '--mode', 'bypass'], /prompt is empty/],
  [
    'an unknown sandbox',
    [...RUN, 'ollama/x', '--sandbox', 'docker'],
    /--sandbox.*read-only, workspace-write, danger-full-access/,
  ],
  ['a limit that is no number', ['find', 'x', '--limit', 'ten'], /--limit.*whole number/, repository],
  ['a limit of 0', ['mine', 'localize', '--limit', '0'], /--limit.*whole number/, repository],
  ['a budget below 0', [...RUN, 'ollama/x', '--max-usd=-1'], /--max-usd.*above 0/],
  ['a recording that is not there', [...RUN, 'ollama/x', '--replay', 'no.jsonl'], /no\.jsonl cannot be read/],
  [
    'a broken recording',
    [...RUN, 'ollama/x', '--replay', 'r'],
    /r: line 1 is no exchange/,
    file('r', '{}\n'),
  ],
  ['to record and to replay', [...RUN, 'ollama/x', '--record', 'a', '--replay', 'b'], /cannot be used with/],
  ['an unknown thread', ['threads', 'show', 'abc'], /abc/],
  ['an export of an unknown thread', ['threads', 'export', 'abc'], /abc/],
  ['an unknown format', ['threads', 'export', 'abc', '--format', 'xml'], /--format.*jsonl/],
  ['the rollouts of an unknown experiment', ['threads', 'list', '--parent', 'abc'], /abc/],
  [
    'an unknown kind of thread',
    ['threads', 'list', '--kind', 'rollouts'],
    /--kind.*session, rollout, experiment/,
  ],
  ['an unknown experiment', ['compare', 'abc', 'def'], /abc/],
  [
    'the latest experiment where there is none',
    ['compare', 'latest', 'latest'],
    /There is no experiment yet/,
  ],
  ['an unknown command', ['evla'], /no command evla\. Did you mean eval\?/],
  ['an unknown part of a command', ['threads', 'lst'], /unknown command 'lst'/],
  ['an unknown option', ['find', 'x', '--limt', '1'], /unknown option '--limt'/],
  ['an unknown option of kino itself', ['--jsn'], /unknown option '--jsn'/],
  ['a missing argument', ['find'], /missing required argument 'text'/],
  ['too many arguments', ['find', 'x', '.', 'y'], /too many arguments/],
  ['mine without git', ['mine', 'localize'], /no `git` is on the PATH/, all(repository, onlyNode)],
  ['find without git', ['find', 'x'], /no `git` is on the PATH/, all(repository, onlyNode)],
  [
    'run without bubblewrap',
    [...RUN, 'ollama/x'],
    /no `bwrap` program.*--sandbox danger-full-access/,
    onlyNode,
  ],
  [
    'eval without bubblewrap',
    [...EVAL, 'kino', '--model', 'ollama/x'],
    /no `bwrap` program.*--sandbox danger-full-access/,
    all(tasks, onlyNode),
  ],
  ['a home of Kino that is a file', ['threads', 'list'], /cannot be/, homeIsFile],
  ['a home of Kino that is a file, in run', [...RUN, 'ollama/x'], /cannot be/, homeIsFile],
  ['a database of a newer Kino', ['threads', 'list'], /newer Kino/, newerDatabase],
  ['a broken configuration', [...RUN, 'ollama/x'], /config\.json: is not JSON/, config('a\nb')],
  [
    'a wrong configuration',
    [...EVAL, 'nop'],
    /config\.json: .*"modle"/,
    all(tasks, config('{"modle": "x"}')),
  ],
];

test.each(CASES)(
  '%s: one line on standard error, exit code 2, nothing written',
  async (_, args, said, prepare) => {
    const place: Place = { cwd: temporaryFolder(), env: { KINO_HOME: temporaryFolder() } };
    prepare?.(place);
    const list = () => readdirSync(place.cwd, { recursive: true, encoding: 'utf8' }).sort();
    const before = list();
    const { code, stdout, stderr } = await kino(args, place);
    expect(stderr).toMatch(said);
    // Commander's own errors begin with `error:` and end with a hint.
    expect(stderr).toMatch(/^(?:kino: [^\n]+\n|error: [^\n]+\n(?:\([^\n]+\n)*)$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(list()).toEqual(before);
  },
);

test('a history without a task is told with its funnel, and nothing is written', async () => {
  const { path } = createRepository([{ message: 'one', files: { 'a.ts': '1' } }]);
  const { code, stdout, stderr } = await kino(['mine', 'localize'], { cwd: path });
  expect(stderr).toMatch(/^kino: No commit of .* becomes a task; nothing was written\.\n$/);
  expect({ code, funnel: stdout.includes('no commit before it') }).toEqual({ code: 2, funnel: true });
  expect(readdirSync(path).sort()).toEqual(['.git', 'a.ts']);
});

test('--version and --help go to standard output', async () => {
  expect(await kino(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  const help = await kino(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['demo', 'run', 'find', 'mine', 'eval', 'compare', 'threads', 'doctor']) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
  expect(await kino([])).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/^Usage: kino /),
  });
});

test.each([
  ['help', 'run'],
  ['run', '--help'],
])('kino %s %s shows the options of run', async (...args) => {
  const { code, stdout, stderr } = await kino(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: kino run [\s\S]*--mode <mode>[\s\S]*Exit codes: 0 done/);
});

test('a folder with a line end in its name still gives one line', async () => {
  const cwd = temporaryFolder();
  const { code, stderr } = await kino(['mine', 'localize', './a “b”\n--c'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^kino: [^\n]*\n$/);
});
