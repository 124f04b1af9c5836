import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { kino } from './support/cli.ts';
import {
  type ModelServer,
  type RecordedRequest,
  startModelServer,
  type Turn,
} from './support/model-server.ts';
import { createRepository } from './support/repository.ts';

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const artifact = (name: string, content: string, more = {}): Turn => ({
  calls: [{ name: 'write_artifact', args: { name, content, ...more } }],
});
const DONE: Turn = { text: 'done' };

const RESEARCH = '# How greeting works\n\nThe greeting is in `greet.js`, line 1.\n\nNothing calls it.\n';
const PLAN =
  '# Plan\n\nSay hello to a name.\n\n- [ ] change the function greet\n- [ ] add a test\n\n## Open questions\n\n- What if there is no name?\n  - say hello to the world\n  - fail\n- Which language? (English | German)\n';

async function repository(): Promise<string> {
  const repo = await createRepository();
  await repo.commit({ files: { 'greet.js': 'export const greet = () => "hello";\n' }, message: 'first' });
  expect((await kino(['trust'], { cwd: repo.path })).code).toBe(0);
  return repo.path;
}

/** Answers each phase by what its prompt asks for. */
async function serve(
  script: (prompt: string, request: RecordedRequest, index: number) => Turn,
): Promise<void> {
  await server?.close();
  server = await startModelServer((request, index) =>
    script(JSON.stringify(request.body.messages), request, index),
  );
}

const model = () => ['--model', 'openai-compatible/scripted', '--base-url', `${server!.url}/v1`];

/** Runs `kino flow`, with a model where work is done. */
async function flow(cwd: string, args: string[], code = 0) {
  const works = ['start', 'approve', 'send-back', 'discard', 'resume'].includes(args[0]!);
  const result = await kino(['flow', ...args, ...(works ? [...model(), '--json'] : [])], { cwd });
  expect(result, result.stderr).toMatchObject({ code });
  return works ? { ...result, ...JSON.parse(result.stdout) } : result;
}

/** What the model has been told in the latest request, whole. */
const told = () => JSON.stringify(server!.requests.at(-1)!.body.messages);

test('three phases: each starts from what was approved alone, and artifacts are files too', async () => {
  const cwd = await repository();
  await serve((_, __, index) => (index === 0 ? artifact('research', RESEARCH) : DONE));
  const begun = await flow(cwd, ['start', 'greet a person by name; the secret word is xylophone']);
  expect(begun).toMatchObject({ state: 'needs-you', phase: 'research', workflow: 'research-plan-implement' });
  expect(begun.workspace).not.toBe(cwd);
  const kept = join(begun.workspace, '.kino/artifacts');
  const [group] = readdirSync(kept);
  expect(group).toMatch(/^greet-a-person-/);
  expect(readFileSync(join(kept, group!, 'research.md'), 'utf8')).toBe(RESEARCH);
  // Research may change nothing.
  expect(begun.phases[0].artifacts).toMatchObject([
    { name: 'research', version: 1, title: 'How greeting works' },
  ]);

  await serve((_, __, index) => (index === 0 ? artifact('plan', PLAN) : DONE));
  expect(begun.phases[0].taken).toMatchObject({
    steps: 2,
    context: { used: expect.any(Number), window: expect.any(Number) },
  });
  expect(begun.phases[1]).not.toHaveProperty('taken');
  expect((await flow(cwd, ['status'])).stdout).toMatch(
    /\? research +2 steps +unknown +[\d.]+ m?s \S? +\d+ % +research\n/,
  );
  const planned = await flow(cwd, ['approve']);
  expect(planned).toMatchObject({ state: 'needs-you', phase: 'plan' });
  expect(told()).toContain('The greeting is in `greet.js`');
  expect(told()).toContain('xylophone');
  const shown = await flow(cwd, ['show']);
  expect(shown.stdout).toContain(
    '1. What if there is no name?\n      1) say hello to the world\n      2) fail\n      not answered',
  );
  await flow(cwd, ['answer', '1', '2']);
  await flow(cwd, ['answer', '2', 'Esperanto']);
  expect((await flow(cwd, ['show', 'plan'])).stdout).toContain('Esperanto');

  const todo = { name: 'todo', args: { items: [{ text: 'Change the function `greet`', status: 'done' }] } };
  const change = 'export const greet = (name) => "hello " + name;\n';
  await serve((_, __, index) => {
    if (index === 0) return { calls: [{ name: 'read', args: { path: 'greet.js' } }] };
    if (index === 1) return { calls: [{ name: 'write', args: { path: 'greet.js', content: change } }, todo] };
    if (index === 2) return artifact('walkthrough', '# What was done\n\nIt greets.\n');
    return DONE;
  });
  const implemented = await flow(cwd, ['approve']);
  expect(implemented).toMatchObject({ state: 'needs-you', phase: 'implement' });
  // The research is not read by this phase: what it needs of it stands in the plan.
  expect(told()).not.toContain('Nothing calls it');
  expect(told()).toMatch(/What if there is no name\?\\n {2}fail/);
  expect(told()).toContain('Esperanto');
  expect(readFileSync(join(begun.workspace, 'greet.js'), 'utf8')).toContain('"hello " + name');
  expect(readFileSync(join(cwd, 'greet.js'), 'utf8')).not.toContain('name');
  const plan = (await flow(cwd, ['show', 'plan'])).stdout;
  expect(plan).toContain('- [x] change the function greet');
  expect(plan).toContain('- [ ] add a test');
  expect(readFileSync(join(kept, group!, 'plan.md'), 'utf8')).toMatch(
    /- \[x\] change the function greet\n- \[ \] add a test/i,
  );
  const done = await flow(cwd, ['approve']);
  expect(done).toMatchObject({ state: 'done', phase: null });
  expect(await kino(['flow', 'approve'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('All phases of'),
  });
});

test('sent back with comments, the same agent goes on and answers each; anchors find their place again', async () => {
  const cwd = await repository();
  await serve((_, __, index) => (index === 0 ? artifact('research', RESEARCH) : DONE));
  const { id, phases } = await flow(cwd, ['start', 'greet by name']);
  expect((await flow(cwd, ['comment', 'which export?', '--on', 'line 1'])).stdout).toMatch(
    /^c\w+ on How greeting works/,
  );
  await flow(cwd, ['comment', 'is that so?', '--on', 'Nothing calls it.']);
  expect(await flow(cwd, ['comment', 'no', '--on', 'words that are not there'], 2)).toMatchObject({
    stderr: expect.stringContaining('has nowhere the words'),
  });
  // An approval is not given by accident.
  expect((await kino(['flow', 'approve', ...model()], { cwd })).stderr).toContain(
    '2 of your comments on research are not addressed',
  );

  const comments = async () =>
    JSON.parse((await kino(['flow', 'show', 'research', '--json'], { cwd })).stdout).comments;
  const [first, second] = await comments();
  expect([first.status, second.status]).toEqual(['draft', 'draft']);
  await serve((_, __, index) => {
    if (index === 0)
      return artifact(
        'research',
        RESEARCH.replace('# How', 'A line more.\n\n# How').replace('Nothing calls it', 'Nothing at all'),
      );
    if (index === 1)
      return {
        calls: [
          { name: 'answer_comment', args: { comment: first.id, answer: 'The only one.', addressed: true } },
        ],
      };
    // It forgets one, and is reminded.
    if (index === 2) return DONE;
    if (index === 3)
      return {
        calls: [
          { name: 'answer_comment', args: { comment: second.id, answer: 'No idea.', addressed: false } },
        ],
      };
    return DONE;
  });
  const back = await flow(cwd, ['send-back', 'and be brief']);
  expect(back).toMatchObject({ id, state: 'needs-you', phase: 'research' });
  expect(back.phases[0].thread).toBe(phases[0].thread);
  const heard = JSON.stringify(server!.requests[0]!.body.messages);
  for (const said of ['which export?', 'is that so?', 'and be brief', '> line 1'])
    expect(heard).toContain(said);
  // Told once more, whole, before it may end.
  expect(told().split('answer every one of them with answer_comment').length).toBeGreaterThan(2);
  const after = await comments();
  expect(after.map(({ status }: { status: string }) => status)).toEqual(['addressed', 'stale', 'open']);
  expect(after[1].answers).toEqual([{ answer: 'No idea.', addressed: false }]);
});

test('a phase that is thrown away leaves no trace: neither in the workspace nor in what comes after', async () => {
  const cwd = await repository();
  mkdirSync(join(cwd, '.kino/workflows'), { recursive: true });
  writeFileSync(
    join(cwd, '.kino/workflows/two.md'),
    '---\ndescription: two phases\n---\n\n## build\nmakes: walkthrough\napprove: person\n\nBuild it.\n\n## sum\nreads: build\nmakes: note\n\nSum it up.\n',
  );
  expect((await kino(['trust'], { cwd })).code).toBe(0);
  let bad = true;
  let step = 0;
  await serve((prompt) => {
    step++;
    if (prompt.includes('Sum it up')) return step % 2 === 1 ? artifact('note', '# In short\n') : DONE;
    return step === 1
      ? { calls: [{ name: 'write', args: { path: bad ? 'bad.js' : 'good.js', content: '1\n' } }] }
      : step === 2
        ? artifact('walkthrough', bad ? '# Bad idea\n' : '# Good idea\n')
        : step === 3 && bad
          ? artifact('bad-notes', '# Also a bad idea\n')
          : DONE;
  });
  const first = await flow(cwd, ['start', 'build something', '--workflow', 'two']);
  expect(first).toMatchObject({ state: 'needs-you', phase: 'build' });
  expect(existsSync(join(first.workspace, 'bad.js'))).toBe(true);
  const kept = join(
    first.workspace,
    '.kino/artifacts',
    readdirSync(join(first.workspace, '.kino/artifacts'))[0]!,
  );
  expect(readdirSync(kept)).toEqual(['bad-notes.md', 'walkthrough.md']);
  bad = false;
  step = 0;
  const again = await flow(cwd, ['discard']);
  expect(again).toMatchObject({ state: 'needs-you', phase: 'build' });
  expect(again.phases[0]).toMatchObject({ runs: 2, artifacts: [{ title: 'Good idea', version: 1 }] });
  expect(again.phases[0].thread).not.toBe(first.phases[0].thread);
  expect(existsSync(join(first.workspace, 'bad.js'))).toBe(false);
  expect(existsSync(join(first.workspace, 'good.js'))).toBe(true);
  expect(told()).not.toContain('Bad idea');
  expect(readdirSync(kept)).toEqual(['walkthrough.md']);
  expect(readFileSync(join(kept, 'walkthrough.md'), 'utf8')).toBe('# Good idea\n');
  step = 0;
  const summed = await flow(cwd, ['approve']);
  expect(summed).toMatchObject({ state: 'needs-you', phase: 'sum' });
  expect(told()).toContain('Good idea');
  expect(told()).not.toMatch(/Bad idea|build something/);
});

test('a file that the person has changed is theirs, also where another phase has made one of its name', async () => {
  const cwd = await repository();
  await serve((_, __, index) =>
    index > 0
      ? DONE
      : {
          calls: ['notes', 'research'].map((name) => ({
            ...{ name: 'write_artifact', args: { name, content: `# ${name} of the research\n` } },
          })),
        },
  );
  const first = await flow(cwd, ['start', 'greet a person']);
  await serve((_, __, index) =>
    index > 0
      ? DONE
      : {
          calls: ['notes', 'plan'].map((name) => ({
            ...{ name: 'write_artifact', args: { name, content: `# ${name} of the plan\n` } },
          })),
        },
  );
  const planned = await flow(cwd, ['approve']);
  expect(planned).toMatchObject({ phase: 'plan', state: 'needs-you' });
  const [group] = readdirSync(join(first.workspace, '.kino/artifacts'));
  const notes = join(first.workspace, '.kino/artifacts', group!, 'notes.md');
  expect(readFileSync(notes, 'utf8')).toBe('# notes of the plan\n');
  writeFileSync(notes, '# mine\n');
  await flow(cwd, ['discard', '--no-run']);
  expect(readFileSync(notes, 'utf8')).toBe('# mine\n');
});

test('a request that a phase may not know is not told by names either', async () => {
  const cwd = await repository();
  await serve((prompt, _, index) => {
    if (prompt.includes('as neutral questions'))
      return index === 0 ? artifact('questions', '# What calls it?\n') : DONE;
    return index === 0
      ? {
          calls: [
            {
              name: 'bash',
              args: { command: 'pwd; git branch -a; env; find . -path ./.git -prune -o -print' },
            },
          ],
        }
      : index === 1
        ? artifact('research', '# Nothing calls it\n')
        : DONE;
  });
  const request = 'replace the greeting with a xylophone';
  const begun = await flow(cwd, ['start', request, '--workflow', 'questions-first']);
  expect(begun).toMatchObject({ state: 'needs-you', phase: 'questions' });
  server!.requests.length = 0;
  expect(await flow(cwd, ['approve'])).toMatchObject({ state: 'needs-you', phase: 'research' });
  expect(told()).toContain('questions.md');
  expect(told()).not.toContain('xylophone');
});

test('who looks is the policy’s: always-proceed asks nobody, agent-decides asks where the agent wants it', async () => {
  const cwd = await repository();
  const phases =
    (wants: boolean) =>
    (prompt: string): Turn => {
      const name = /under the name \\"([a-z]+)\\"/.exec(prompt)![1]!;
      return prompt.includes(`"name\\":\\"${name}`) || prompt.includes('is written, version')
        ? DONE
        : artifact(name, `# ${name}\n`, { wants_review: wants });
    };
  await serve(phases(true));
  expect(await flow(cwd, ['start', 'do it', '--policy', 'always-proceed'])).toMatchObject({ state: 'done' });
  mkdirSync(join(cwd, '.kino/workflows'), { recursive: true });
  const markdown =
    '---\ndescription: d\npolicy: agent-decides\n---\n## one\nmakes: note\n\nOne.\n\n## two\nmakes: note\nreads: one\n\nTwo.\n';
  writeFileSync(join(cwd, '.kino/workflows/asks.md'), markdown);
  expect((await kino(['trust'], { cwd })).code).toBe(0);
  await serve(phases(true));
  expect(await flow(cwd, ['start', 'do it', '-w', 'asks'])).toMatchObject({
    state: 'needs-you',
    phase: 'one',
  });
  await serve(phases(false));
  expect(await flow(cwd, ['start', 'do it', '-w', 'asks'])).toMatchObject({ state: 'done' });
});

test('comments that are sent while the agent works are heard at its next step, whoever sends them', async () => {
  const cwd = await repository();
  await serve((prompt, _, index) => {
    if (index === 0) return artifact('research', RESEARCH);
    if (prompt.includes('is that so?')) {
      const id = /<comment id=\\"(c\w+)\\"/.exec(prompt)![1]!;
      return prompt.includes('Answered.')
        ? DONE
        : { calls: [{ name: 'answer_comment', args: { comment: id, answer: 'It is.', addressed: true } }] };
    }
    return { calls: [{ name: 'bash', args: { command: `sleep 0.3; echo ${index}` } }] };
  });
  const working = flow(cwd, ['start', 'greet']);
  await expect.poll(() => server!.requests.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await flow(cwd, ['comment', 'is that so?', '--on', 'Nothing calls it.']);
  expect((await flow(cwd, ['send'])).stdout).toContain('1 comment sent');
  expect(await working).toMatchObject({ state: 'needs-you', phase: 'research' });
  const { stdout } = await kino(['flow', 'show', 'research', '--json'], { cwd });
  expect(JSON.parse(stdout).comments).toMatchObject([
    { status: 'addressed', answers: [{ answer: 'It is.' }] },
  ]);
});

test('work that is killed goes on; work that fails says so', async () => {
  const cwd = await repository();
  await serve((_, __, index) =>
    index === 0 ? artifact('research', RESEARCH) : { text: 'slow', pace: 300, fault: { kind: 'hang' } },
  );
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../bin/kino.js'), 'flow', 'start', 'greet', ...model()],
    { cwd, stdio: 'ignore' },
  );
  await expect.poll(() => server!.requests.length, { timeout: 20_000 }).toBe(2);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const lost = JSON.parse((await kino(['flow', 'status', '--json'], { cwd })).stdout);
  expect(lost).toMatchObject({
    state: 'stopped',
    phase: 'research',
    phases: [{ artifacts: [{ name: 'research' }] }, {}, {}],
  });
  await serve(() => DONE);
  const resumed = await flow(cwd, ['resume']);
  expect(resumed).toMatchObject({
    state: 'needs-you',
    phases: [{ runs: 1, thread: lost.phases[0].thread }, {}, {}],
  });

  await serve(() => ({ fault: { kind: 'status', status: 401 } }));
  const failed = await flow(cwd, ['approve'], 1);
  expect(failed).toMatchObject({ state: 'stopped', phase: 'plan', ended: { status: 'failed' } });
});

test('open questions, and a phase that has not made what it was to make, stop an approval', async () => {
  const cwd = await repository();
  await serve((_, __, index) => (index === 0 ? artifact('research', PLAN) : DONE));
  await flow(cwd, ['start', 'greet a person']);
  const refused = await kino(['flow', 'approve', ...model()], { cwd });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('2 open questions are not answered. Or approve it anyway.'),
  });
  await flow(cwd, ['answer', '1', '1']);
  expect((await kino(['flow', 'approve', ...model()], { cwd })).stderr).toContain(
    '1 open question is not answered.',
  );
  await flow(cwd, ['discard', '--no-run']);

  // An agent that ends with a few words, and has written nothing however often it was told to.
  await serve(() => ({ text: 'I know enough.' }));
  const made = await flow(cwd, ['resume']);
  expect(made.phases[0].artifacts).toEqual([]);
  if (made.state === 'needs-you')
    expect(await kino(['flow', 'approve', ...model()], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('research has not made the research'),
    });
});

test('work is done in a worktree or where the person says, and nowhere else', async () => {
  const { path: cwd } = createRepository();
  await kino(['trust'], { cwd });
  await serve(() => DONE);
  const refused = await kino(['flow', 'start', 'greet', ...model()], { cwd });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /has no commit yet.* A worktree starts from a commit: make one, or work in/,
    ),
  });
  expect(existsSync(join(cwd, '.kino/artifacts'))).toBe(false);
  const here = await kino(['flow', 'start', 'greet', '--here', '--no-run', '--json'], { cwd });
  expect(JSON.parse(here.stdout)).toMatchObject({ workspace: cwd });
});

test('a phase that could not begin is told of with its reason', async () => {
  const cwd = await repository();
  const { code } = await kino(['flow', 'start', 'greet', '--model', 'nobody/knows'], { cwd });
  expect(code).toBe(2);
  const [{ status, id }] = JSON.parse(
    (await kino(['threads', 'list', '--kind', 'flow', '--json'], { cwd })).stdout,
  );
  expect(status).toBe('failed');
  const shown = (await kino(['threads', 'show', id], { cwd })).stdout;
  expect(shown).toContain('research did not end well: No provider is called nobody');
});

test('what is no workflow, no flow, or nothing to decide on is one sentence and exit code 2', async () => {
  const cwd = await repository();
  await serve(() => DONE);
  const said = async (...args: string[]) => {
    const { code, stderr, stdout } = await kino(['flow', ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  expect(await said('status')).toContain('There is no flow in');
  expect(await said('start', 'x', '-w', 'research-plan-implemnt')).toContain(
    'Did you mean research-plan-implement?',
  );
  expect(await said('start', '  ')).toContain('The prompt is empty');
  expect(await said('approve', 'nonsense')).toContain('There is no flow nonsense');
  mkdirSync(join(cwd, '.kino/workflows'), { recursive: true });
  const broken: Record<string, string> = {
    'reads-later': '---\ndescription: d\n---\n## a\nreads: b\n\nDo.\n\n## b\nmakes: note\n\nDo.\n',
    'no-instructions': '---\ndescription: d\n---\n## a\nmakes: note\n',
    'bad-key': '---\ndescription: d\n---\n## a\nmake: note\n\nDo.\n',
    'bad-yaml': '---\ndescription: [\n---\n## a\n\nDo.\n',
  };
  for (const [name, text] of Object.entries(broken))
    writeFileSync(join(cwd, `.kino/workflows/${name}.md`), text);
  const module =
    'globalThis.ran = true; export default { name: "code", description: "d", policy: "request-review", phases: [{ name: "a", instructions: "Do.", reads: [], approve: "nobody", sandbox: "read-only" }] };\n';
  writeFileSync(join(cwd, '.kino/workflows/theirs.ts'), module);
  mkdirSync(join(process.env.KINO_HOME!, 'workflows'), { recursive: true });
  writeFileSync(join(process.env.KINO_HOME!, 'workflows/code.ts'), module);
  expect((await kino(['trust'], { cwd })).code).toBe(0);
  const { stdout, stderr } = await kino(['flow', 'workflows', '--json'], { cwd });
  expect(
    JSON.parse(stdout)
      .map(({ name }: { name: string }) => name)
      .sort(),
  ).toEqual(['code', 'questions-first', 'quick', 'research-plan-implement']);
  for (const part of [
    'a reads b, which is no phase before it',
    'has no instructions',
    'the setting make',
    'is no YAML',
    'a workflow of a repository is Markdown',
  ])
    expect(stderr).toContain(part);
});
