import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { kino } from './support/cli.ts';
import { startModelServer, type Turn } from './support/model-server.ts';
import { temporaryFolder } from './support/temporary.ts';

const KINO = join(import.meta.dirname, '..', 'bin', 'kino.js');
const bash = (command: string): Turn => ({ calls: [{ name: 'bash', args: { command } }] });

interface Line {
  type: string;
  subtype?: string;
  state?: string;
  request_id?: string;
  request?: { input: { command: string } };
}

test('a program is asked on standard output, answers on standard input, and may steer', async () => {
  const server = await startModelServer([
    bash('touch yes'),
    bash('touch no'),
    bash('touch later'),
    { text: 'Done.' },
  ]);
  onTestFinished(() => server.close());
  const cwd = temporaryFolder();
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const formats = ['--output', 'stream-json', '--input', 'stream-json'];
  const child = spawn(process.execPath, [KINO, 'run', 'go', ...model, ...formats], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const lines: Line[] = [];
  const send = (line: unknown) => child.stdin.write(`${JSON.stringify(line)}\n`);
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.type !== 'control_request') continue;
    const { command } = line.request!.input;
    if (command.includes('yes')) {
      child.stdin.write('this is no JSON\n');
      send({ type: 'user', message: { role: 'user', content: 'faster please' } });
    }
    const behavior = command.includes('no') ? 'deny' : 'allow';
    const response = { behavior, ...(behavior === 'deny' && { message: 'never that' }) };
    send({
      type: 'control_response',
      response: { subtype: 'success', request_id: line.request_id, response },
    });
  }
  expect(stderr).toContain('no JSON');
  expect(['yes', 'no', 'later'].map((name) => existsSync(join(cwd, name)))).toEqual([true, false, true]);
  expect(lines[0]).toMatchObject({ type: 'system', subtype: 'init', permissionMode: 'manual' });
  const states = lines.filter(({ subtype }) => subtype === 'session_state_changed').map(({ state }) => state);
  expect(states).toEqual([
    'requires_action',
    'running',
    'requires_action',
    'running',
    'requires_action',
    'running',
  ]);
  expect(lines.find(({ type }) => type === 'control_request')!.request).toMatchObject({
    ...{ subtype: 'can_use_tool', tool_name: 'bash', input: { command: 'touch yes' } },
    permission_suggestions: ['bash(touch *)'],
  });
  expect(lines.at(-1)).toMatchObject({
    ...{ type: 'result', subtype: 'success', is_error: false, num_turns: 4, result: 'Done.' },
    permission_denials: [{ tool_name: 'bash', tool_input: { command: 'touch no' } }],
    modelUsage: { 'openai-compatible/scripted': { input_tokens: 400 } },
  });
  const sent = JSON.stringify(server.requests.at(-1)!.body);
  expect(sent).toContain('never that');
  expect(sent).toContain('faster please');
});

test('when the program goes away what it is asked is denied, and asking without a place to ask is refused', async () => {
  const server = await startModelServer([bash('touch no'), { text: 'Done.' }]);
  onTestFinished(() => server.close());
  const cwd = temporaryFolder();
  const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
  const gone = await kino(['run', 'go', ...model, '--output', 'stream-json', '--input', 'stream-json'], {
    cwd,
  });
  expect(gone.code).toBe(0);
  expect(existsSync(join(cwd, 'no'))).toBe(false);
  const bad = await kino(['run', 'go', ...model, '--input', 'stream-json'], { cwd });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('needs --output stream-json') });
});
