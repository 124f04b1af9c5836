import { type Model, type ModelAnswer, ModelCallError, type RetryPolicy } from '../model/index.ts';
import { SandboxFailedError } from '../sandbox/index.ts';
import { StoreWriteError, type ThreadEvent } from '../thread/index.ts';
import { CORE_TOOLS, runCalls, type Tool, type ToolResult } from '../tool/index.ts';
import type { Agent, Job, Outcome } from './agent.ts';
import { Asking } from './asking.ts';
import { Meter } from './budget.ts';
import { type ContextOptions, DEFAULT_CONTEXT } from './context/window.ts';
import { SYSTEM_PROMPT } from './prompt.ts';
import { REPETITION_NUDGE, Repetition } from './repetition.ts';
import type { AgentDefinition } from './subagents/definition.ts';
import { Workplace } from './workplace.ts';

export interface LoopOptions {
  model: Model;
  tools?: readonly Tool[];
  retry?: RetryPolicy;
  system?: string;
  context?: Partial<ContextOptions>;
  /** The agents that it may hand tasks to, and what they think with; without them it works alone. */
  helpers?: { agents: readonly AgentDefinition[]; modelFor(name: string): Promise<Model> };
}

/** How often a model that stops too early is asked to go on. */
const MAX_NUDGES = 3;

/**
 * Kino's own agent, the whole idea: ask the model, write its answer down, run the tools it calls, write their
 * results down, ask again, until it answers without a call or a bound is reached. What the model is shown is a
 * projection of what was written; everything around the loop is set up in `workplace.ts`.
 */
export function kinoAgent(options: LoopOptions): Agent {
  return { name: 'kino', model: options.model.name, run: (job) => run(job, options) };
}

async function run(job: Job, options: LoopOptions): Promise<Outcome> {
  const { model, retry } = options;
  const meter = new Meter(job.budget);
  let answer = '';
  const end = (status: Outcome['status'], reason: string, infrastructure = false): Outcome => ({
    status,
    reason,
    answer,
    steps: meter.steps,
    usage: meter.usage,
    ...(meter.costUsd !== undefined && { costUsd: meter.costUsd }),
    ...(infrastructure && { infrastructure }),
  });

  const sandbox = await job.workspace();
  // The clock starts when the agent can work: making its workspace is not its time.
  using deadline = meter.deadline(job.signal);
  const { signal } = deadline;
  const place = await Workplace.open(job, sandbox, {
    ...{ ...options, meter, signal, agentOf: kinoAgent },
    system: options.system ?? SYSTEM_PROMPT,
    tools: options.tools ?? CORE_TOOLS,
    context: { ...DEFAULT_CONTEXT, ...options.context },
  });
  const { conversation, window, inbox } = place;
  const say = (text: string, about: { from?: 'kino'; delivery?: 'steer' | 'queue' }) =>
    place.record({ type: 'user.message', text, ...about } satisfies ThreadEvent);
  const repetition = new Repetition();
  let nudges = 0;
  let objections = 0;
  /** The request did not fit: a second one that does not either is the end. */
  let overflowed = false;
  /** The last answer was cut, so the next one continues it. */
  let goesOn = false;
  // Killed between its answer and its end: providers refuse a conversation whose last word is the model's.
  if (conversation.messages.at(-1)?.role === 'assistant') await say(GO_ON, { from: 'kino' });

  for (;;) {
    if (job.signal.aborted) return end('interrupted', 'It was stopped.');
    const bound = meter.exhausted();
    if (bound !== undefined) return end('exhausted', `It reached ${bound}.`);
    const step = conversation.lastStep + 1;
    for (const text of inbox.takeSteering()) await say(text, { delivery: 'steer' });

    const asking = new Asking(place.record, step, meter.steps === 0);
    let reply: ModelAnswer;
    try {
      if (overflowed) await window.compact(step, 'the conversation no longer fitted the model', signal);
      await window.makeRoom(step, signal);
      reply = await asking.ask(model, place.request(), { signal, ...(retry && { retry }) });
    } catch (error) {
      if (error instanceof StoreWriteError || !(error instanceof Error)) throw error;
      if (job.signal.aborted) return end('interrupted', 'It was stopped.');
      if (signal.aborted) return end('exhausted', `It reached ${meter.exhausted()}.`, asking.isDead);
      if (!(error instanceof ModelCallError)) return end('failed', error.message);
      if (!error.overflow) return end('failed', error.message, true);
      if (overflowed) return end('exhausted', `The conversation no longer fits the model: ${error.message}`);
      overflowed = true;
      continue;
    }
    overflowed = false;
    meter.add(reply);
    window.learn(reply.usage.inputTokens);
    if (reply.text.trim() !== '') answer = goesOn ? answer + reply.text : reply.text;
    goesOn = reply.finish === 'length' && reply.toolCalls.length === 0;

    if (reply.finish === 'content-filter') return end('failed', "The provider's filter stopped the answer.");
    if (reply.toolCalls.length === 0) {
      const whole = reply.finish !== 'length' && reply.text.trim() !== '';
      if (whole) {
        const next = inbox.takeQueued();
        if (next !== undefined) await say(next, { delivery: 'queue' });
        if (next !== undefined || inbox.waiting.steering.length > 0) continue;
        const objection = objections < MAX_NUDGES ? await place.objection(answer) : undefined;
        if (objection === undefined) return end('done', 'The agent answered.');
        objections++;
        await say(objection, { from: 'kino' });
        continue;
      }
      if (++nudges > MAX_NUDGES) return end('failed', 'The model gave no complete answer.');
      await say(nudge(reply), { from: 'kino' });
      continue;
    }

    // An answer that hit the output limit may have lost the end of a call: none of its calls may run.
    const cut = reply.finish === 'length';
    const calls = reply.toolCalls.map((call) => (cut ? { callId: call.callId, tool: call.tool } : call));
    let results: ToolResult[];
    try {
      results = await runCalls(calls, place.tools, place.toolContext, place.observer(step));
    } catch (error) {
      if (!(error instanceof SandboxFailedError)) throw error;
      await place.stepEnded(step);
      return end('failed', error.message, true);
    }
    await place.stepEnded(step);
    const verdict = repetition.add(reply.toolCalls, results);
    if (verdict === 'stop')
      return end('failed', 'The model went round in circles: the same calls with the same results.');
    if (verdict === 'nudge') await say(REPETITION_NUDGE, { from: 'kino' });
  }
}

const GO_ON = 'The work was cut off here. Go on where something is left to do; otherwise say what you did.';

function nudge(reply: ModelAnswer): string {
  return reply.finish === 'length'
    ? 'Your answer was cut at the output limit. Go on from where it ends, in smaller pieces.'
    : 'Your answer was empty. Go on, or say what you did.';
}
