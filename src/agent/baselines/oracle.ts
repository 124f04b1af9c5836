import type { Agent } from '../agent.ts';

/** Gives the task's own answer. Whatever it scores below 1, the task or the verifier is wrong. */
export const oracleAgent: Agent = {
  name: 'oracle',
  async run(job) {
    const { answer = '', patch, command } = job.reference ?? {};
    if (job.reference && Object.keys(job.reference).length === 0)
      return { status: 'failed', reason: 'The task has no solution to give.', answer, steps: 0, usage: {} };
    if (patch !== undefined) {
      const sandbox = await job.workspace();
      const applied = await sandbox.exec(['git', 'apply', '--whitespace=nowarn', '-'], { stdin: patch });
      if (applied.exitCode !== 0) {
        const reason = `The gold patch does not apply: ${applied.output.trim()}`;
        return { status: 'failed', reason, answer, steps: 1, usage: {} };
      }
    }
    if (command !== undefined) {
      const sandbox = await job.workspace();
      const { argv, env, seconds } = command;
      const ran = await sandbox.exec(argv, { env, timeoutMs: seconds * 1000, signal: job.signal });
      if (ran.exitCode !== 0) {
        const reason = `The solution ended with code ${ran.exitCode}: ${ran.output.trim().slice(-300)}`;
        return { status: ran.aborted ? 'interrupted' : 'failed', reason, answer, steps: 1, usage: {} };
      }
    }
    return { status: 'done', reason: 'It gave the answer of the task.', answer, steps: 1, usage: {} };
  },
};
