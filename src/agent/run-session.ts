import { join } from 'node:path';
import { kinoHome, version } from '../config/index.ts';
import type { ThreadEvent, ThreadStore } from '../thread/index.ts';
import type { Agent, AgentBudget, Job, Outcome } from './agent.ts';
import type { OpenSession } from './open-session.ts';
import { runInThread } from './run-in-thread.ts';

export interface SessionRun {
  store: ThreadStore;
  thread: string;
  agent: Agent;
  open: OpenSession;
  /** Absent where the work goes on from where it was. */
  prompt?: string;
  /** What a new thread is called. */
  title: string;
  /** Bounds that win over those of the configuration. */
  budget?: AgentBudget;
  signal: AbortSignal;
  /** What the work is about, beyond the session: see `Job` and `RunOptions`. */
  tools?: Job['tools'];
  missing?: Job['missing'];
  beforeEnd?: (outcome: Outcome) => Promise<ThreadEvent[]>;
  /** The thread that this one is a part of. */
  parent?: string;
  /** The commit that the work starts from; default the one that the workspace is at. */
  base?: string;
  onEvent(event: ThreadEvent): void;
  onChildEvent?(thread: string, event: ThreadEvent): void;
}

/** What a thread is called: the beginning of what was first asked. */
export function titleFrom(prompt: string): string {
  return prompt.split('\n', 1)[0]!.slice(0, 120);
}

/** Lets an agent work in an open session, whatever its face, with everything recorded in its thread. */
export function runSession(run: SessionRun): Promise<Outcome & { durationMs: number }> {
  const { store, thread, agent, open, prompt, title, budget, signal, onEvent, onChildEvent } = run;
  const { tools, missing, beforeEnd, parent, base = open.head } = run;
  const { session, sandbox, origin, root, config } = open;
  return runInThread({
    ...{ store, thread, agent, onEvent },
    ...(onChildEvent && { onChildEvent }),
    // What was said and not heard any more stays with the thread, and is heard when it is gone on with.
    beforeEnd: async (outcome) => [
      ...((await beforeEnd?.(outcome)) ?? []),
      ...session.inbox
        .takeAll()
        .map(({ text, delivery }): ThreadEvent => ({ type: 'user.message', text, delivery })),
    ],
    outputs: join(kinoHome(), 'outputs'),
    about: {
      ...{ kind: 'session', title, mode: session.gate.policy.mode, kino: version() },
      ...{ repository: origin, workspace: root, sandbox: sandbox.name },
      ...(parent !== undefined && { parent }),
      ...(base !== undefined && { base }),
      ...(open.personName !== undefined && { person: open.personName }),
    },
    job: {
      ...(prompt !== undefined && { prompt }),
      ...(tools && { tools }),
      ...(missing && { missing }),
      ...{ session, signal, budget: { ...config.budget, ...budget } },
      workspace: async () => sandbox,
    },
  });
}
