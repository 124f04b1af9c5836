/** The least that a turn can be on this machine: a request, its stream read whole, `bash -c echo`. The floor of the loop bench. */
import { spawn } from 'node:child_process';

const [url = '', turns = '20', sandbox = 'danger-full-access'] = process.argv.slice(2);
const system = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
const inside =
  sandbox === 'workspace-write' ? ['bwrap', '--unshare-all', '--die-with-parent', ...system] : [];
const messages: unknown[] = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, stream: true }),
  });
  for (const line of (await answer.text()).split('\n')) {
    if (line.startsWith('data: {')) messages.push(JSON.parse(line.slice(6)).id);
  }
  await new Promise((resolve) => {
    const [program = '', ...args] = [...inside, 'bash', '-c', `echo turn ${turn}`];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.resume();
    child.on('close', resolve);
  });
}
