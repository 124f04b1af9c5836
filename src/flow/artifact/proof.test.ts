import { expect, test } from 'vitest';
import type { ThreadEvent } from '../../thread/index.ts';
import { proofMarkdown, proofOf } from './proof.ts';

function ran(step: number, command: string, ok: boolean, output: string): ThreadEvent[] {
  const about = { step, callId: `c${step}`, tool: 'bash' };
  return [
    { type: 'tool.started', ...about, input: { command } },
    { type: 'tool.ended', ...about, ok, output, durationMs: 1200 },
  ];
}
const changed = (step: number): ThreadEvent[] =>
  (['before', 'after'] as const).map((moment) => ({ type: 'checkpoint.made', step, moment, tree: moment }));

test('the last run of a command counts, and what was never run is said so', () => {
  const events = [...ran(1, 'npm test', false, '1 failed'), ...ran(2, 'npm test', true, '5 passed')];
  const [tests, lint] = proofOf(events, [' npm test ', 'npm run lint']);
  expect(tests).toMatchObject({ result: 'passed', isOld: false, output: '5 passed', durationMs: 1200 });
  expect(lint).toMatchObject({ result: 'not-run' });
  expect(proofMarkdown([tests!, lint!])).toContain('✗ was not run in this thread');
});

test('what ran before the last change of a file is old, unless that was taken back', () => {
  const events = [...ran(1, 'make', true, ''), ...changed(2)];
  expect(proofOf(events, ['make'])[0]!.isOld).toBe(true);
  const back: ThreadEvent = { type: 'files.restored', steps: [2], restored: [], kept: [], before: 'x' };
  expect(proofOf([...events, back], ['make'])[0]!.isOld).toBe(false);
});

test('what was started in the background proves nothing', () => {
  const about = { step: 1, callId: 'a', tool: 'bash' };
  const events: ThreadEvent[] = [
    { type: 'tool.started', ...about, input: { command: 'npm start', background: true } },
    { type: 'tool.ended', ...about, ok: true, output: 'Runs as job1', durationMs: 1 },
  ];
  expect(proofOf(events, ['npm start'])[0]!.result).toBe('not-run');
});

test('what another tool was told besides what it takes proves nothing', () => {
  const about = { step: 1, callId: 'a', tool: 'read' };
  const events: ThreadEvent[] = [
    { type: 'tool.started', ...about, input: { path: 'README.md', command: 'npm test' } },
    { type: 'tool.ended', ...about, ok: true, output: 'all passed', durationMs: 1 },
  ];
  expect(proofOf(events, ['npm test'])[0]!.result).toBe('not-run');
});

test('an output cannot end the fence that it stands in, and only its end is shown', () => {
  const output = `${'line\n'.repeat(40)}\`\`\`\`\n# Forged`;
  const markdown = proofMarkdown(proofOf(ran(1, 'x', true, output), ['x']));
  expect(markdown).toContain('\n`````text\n$ x\n…\n');
  expect(markdown.split('\n').filter((line) => line === 'line').length).toBeLessThan(15);
});
