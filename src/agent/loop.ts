import {
  type Model,
  type ModelAnswer,
  ModelCallError,
  type ModelMessage,
  type RetryPolicy,
} from '../model/index.ts';
import { StoreWriteError } from '../thread/index.ts';
import { CORE_TOOLS, inputSchemaOf, runCalls, type Tool } from '../tool/index.ts';
import type { Agent, Job, Outcome } from './agent.ts';
import { Asking } from './asking.ts';
import { Meter } from './budget.ts';
import { readInstructions } from './instructions.ts';
import { systemPrompt } from './prompt.ts';

export interface LoopOptions {
  model: Model;
  tools?: readonly Tool[];
  retry?: RetryPolicy;
}

/** How often a model that stops without an answer is asked to go on. */
const MAX_NUDGES = 3;

/**
 * Kino's own agent, the whole idea: ask the model, write its answer down, run the tools it calls, write their
 * results down, ask again, until it answers without a call or a bound is reached.
 */
export function kinoAgent({ model, tools = CORE_TOOLS, retry }: LoopOptions): Agent {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const specs = tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchemaOf(tool),
  }));

  async function run(job: Job): Promise<Outcome> {
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
    const instructions = await readInstructions(sandbox);
    for (const { path, text } of instructions) {
      await job.emit({ type: 'instructions.loaded', path, bytes: Buffer.byteLength(text) });
    }
    const system = systemPrompt(instructions);
    const messages: ModelMessage[] = [{ role: 'user', text: job.prompt }];
    const context = { sandbox, signal, newOutputFile: job.newOutputFile };
    let nudges = 0;
    /** The last answer was cut, so the next one continues it. */
    let goesOn = false;

    for (;;) {
      if (job.signal.aborted) return end('interrupted', 'It was stopped.');
      const bound = meter.exhausted();
      if (bound !== undefined) return end('exhausted', `It reached ${bound}.`);
      const step = meter.steps + 1;

      const asking = new Asking(job.emit, step);
      let reply: ModelAnswer;
      try {
        reply = await asking.ask(
          model,
          { system, messages, tools: specs },
          { signal, ...(retry && { retry }) },
        );
      } catch (error) {
        if (error instanceof StoreWriteError || !(error instanceof Error)) throw error;
        if (job.signal.aborted) return end('interrupted', 'It was stopped.');
        if (signal.aborted) {
          return end('exhausted', `It reached ${meter.exhausted()}.`, asking.isDead);
        }
        if (!(error instanceof ModelCallError)) return end('failed', error.message);
        if (error.overflow)
          return end('exhausted', `The conversation no longer fits the model: ${error.message}`);
        return end('failed', error.message, true);
      }
      meter.add(reply);
      // Providers refuse an assistant message that says nothing.
      if (reply.text !== '' || reply.toolCalls.length > 0) {
        messages.push({
          role: 'assistant',
          text: reply.text,
          toolCalls: reply.toolCalls,
          ...(reply.providerState !== undefined && { providerState: reply.providerState }),
        });
      }
      if (reply.text.trim() !== '') answer = goesOn ? answer + reply.text : reply.text;
      goesOn = reply.finish === 'length' && reply.toolCalls.length === 0;

      if (reply.finish === 'content-filter')
        return end('failed', "The provider's filter stopped the answer.");
      if (reply.toolCalls.length === 0) {
        const whole = reply.finish !== 'length' && reply.text.trim() !== '';
        if (whole) return end('done', 'The agent answered.');
        if (++nudges > MAX_NUDGES) return end('failed', 'The model gave no complete answer.');
        const text = nudge(reply);
        await job.emit({ type: 'user.message', text });
        messages.push({ role: 'user', text });
        continue;
      }

      // An answer that hit the output limit may have lost the end of a call: none of its calls may run.
      const cut = reply.finish === 'length';
      const calls = reply.toolCalls.map((call) => (cut ? { callId: call.callId, tool: call.tool } : call));
      const results = await runCalls(calls, byName, context, {
        started: (call) =>
          job.emit({
            type: 'tool.started',
            step,
            callId: call.callId,
            tool: call.tool,
            input: call.input ?? null,
          }),
        ended: (call, result, durationMs) =>
          job.emit({ type: 'tool.ended', step, callId: call.callId, tool: call.tool, ...result, durationMs }),
      });
      messages.push({
        role: 'tool',
        results: calls.map(({ callId, tool }, index) => {
          const { ok, output } = results[index]!;
          return { callId, tool, ok, output };
        }),
      });
    }
  }

  return { name: 'kino', model: model.name, run };
}

function nudge(reply: ModelAnswer): string {
  return reply.finish === 'length'
    ? 'Your answer was cut at the output limit. Go on from where it ends, in smaller pieces.'
    : 'Your answer was empty. Go on, or say what you did.';
}
