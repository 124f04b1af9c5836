import { isIP } from 'node:net';
import { z } from 'zod';
import type { Model } from '../../model/index.ts';
import { isPrivateAddress } from '../../sandbox/index.ts';
import { findTool, type Tool, type ToolContext, type ToolResult } from '../../tool/index.ts';
import type { AgentBudget, Job, Outcome } from '../agent.ts';
import { outcomeOf } from '../run-in-thread.ts';
import type { Session } from '../session.ts';
import { browsing, type NewFile } from '../subagents/browsing.ts';
import type { AgentDefinition } from '../subagents/definition.ts';

const MAX_ANSWER_CHARS = 8_000;
const WRITING = new Set(['edit', 'write', 'codemod', 'bash', 'diagnostics']);

export interface Delegation {
  agents: readonly AgentDefinition[];
  /** What an agent thinks with, by `provider/model`; without a name what its parent thinks with. */
  modelFor(name: string | undefined): Promise<Model>;
  /** Lets an agent work, with further tools. */
  run(definition: AgentDefinition, model: Model, job: Job, tools: readonly Tool[]): Promise<Outcome>;
  /** Writes an artifact that is a file into this thread. */
  write(file: NewFile): Promise<void>;
  job: Job;
  session: Session;
  record: Job['emit'];
  step(): number;
  /** What is left for this job. */
  budget(): AgentBudget;
  spent(outcome: Outcome): void;
}

/** Hands a task to another agent with a context window of its own; only its answer comes back, with a link to its thread. */
export function delegateTool(delegation: Delegation): Tool<{ agent: string; task: string }> {
  const { agents } = delegation;
  const byName = new Map(agents.map((agent) => [agent.name, agent]));
  const names = [...byName.keys()] as [string, ...string[]];
  const changes = ({ agent }: { agent: string }) => {
    const tools = byName.get(agent)?.tools;
    return (
      tools === undefined ||
      tools.some((tool) => WRITING.has(tool) && !(tool === 'bash' && !tools.includes('edit')))
    );
  };
  return {
    name: 'agent',
    kind: 'think',
    description: `Hand a task to another agent; only its answer comes back. Several at once where they are independent. ${agents.map(({ name, description }) => `${name}: ${description}.`).join(' ')}`,
    input: z.object({
      agent: z.enum(names),
      task: z.string().min(1).describe('All that it needs to know; it sees nothing of this conversation'),
    }),
    access: (input) => (changes(input) ? { writes: '*' } : {}),
    run: ({ agent, task }, context) => run(delegation, byName.get(agent)!, task, context),
  };
}

async function run(
  delegation: Delegation,
  agent: AgentDefinition,
  task: string,
  context: ToolContext,
): Promise<ToolResult> {
  if (agent.model === 'index') return findTool.run({ text: task }, context);
  const { job, record, session } = delegation;
  if (!job.startThread) return { ok: false, output: 'No agent can be started here.' };
  const model = await delegation.modelFor(agent.model);
  const started = performance.now();
  const about = { step: delegation.step(), callId: context.callId };
  const title = task.split('\n', 1)[0]!.slice(0, 120);
  let recorded: string[] = [];
  const thread = await job.startThread({ title, agent: agent.name, model: model.name });
  await record({
    type: 'subagent.started',
    ...about,
    thread: thread.id,
    agent: agent.name,
    model: model.name,
    task,
  });
  const prompt = { type: 'user.message', text: task } as const;
  await thread.emit(prompt);
  const child = session.child();
  const browser = agent.tools?.includes('browser_open')
    ? browsing({
        ...{ sandbox: context.sandbox, shells: [session.shell, child.shell] },
        allows: (host) => mayReach(host, session, context),
        ...{ name: `browser-${thread.id.slice(-6)}`, title, write: delegation.write },
      })
    : undefined;
  const outcome = await delegation
    .run(
      agent,
      model,
      {
        ...{ prompt: task, thread: thread.id, history: [prompt] },
        ...{ emit: thread.emit, newOutputFile: thread.newOutputFile },
        workspace: async () => context.sandbox,
        session: child,
        budget: delegation.budget(),
        signal: context.signal,
      },
      browser?.tools ?? [],
    )
    .catch((error: unknown) => outcomeOf(error, context.signal))
    // It is ended whatever became of the work.
    .finally(async () => {
      // What was found out counts, whether or not it could be recorded.
      recorded = (await browser?.end().catch(() => undefined)) ?? [];
    });
  const durationMs = performance.now() - started;
  await thread.emit({ type: 'thread.ended', ...outcome, durationMs });
  delegation.spent(outcome);
  const { status, steps, usage, costUsd, reason, answer } = outcome;
  await record({
    ...{ type: 'subagent.ended', ...about, thread: thread.id, status, steps, usage, durationMs },
    ...(costUsd !== undefined && { costUsd }),
  });
  const text = answer.length > MAX_ANSWER_CHARS ? `${answer.slice(0, MAX_ANSWER_CHARS)}\n[… cut …]` : answer;
  const end = status === 'done' ? '' : `${text === '' ? '' : '\n'}[${status}: ${reason}]`;
  const shown =
    recorded.length === 0 ? '' : `\n[recorded as ${recorded.map((name) => `artifact:${name}`).join(', ')}]`;
  return { ok: status === 'done', output: `${text}${end}${shown}\n[thread ${thread.id}]` };
}

/** Pages lead on to wherever they like: an address of a private network must be named as it is, and not allowed by the way. */
function mayReach(host: string, { gate }: Session, { allows }: ToolContext): boolean {
  if (isIP(host) !== 0 && isPrivateAddress(host)) return gate.policy.allowedHosts?.includes(host) ?? false;
  return allows?.fetch(host) ?? false;
}
