import { type AgentContext, methods, type PermissionOption } from '@agentclientprotocol/sdk';
import type { Inquiry, PermissionAnswer, PermissionRequest, Person } from '../../agent/index.ts';
import { callIdOf, wholeOf } from '../../agent/index.ts';

/** The options of a request, and what choosing each means. */
const ANSWERS: Record<
  string,
  {
    name: (rules: string) => string;
    kind: PermissionOption['kind'];
    answer: PermissionAnswer;
    needsRules?: true;
  }
> = {
  'allow-once': { name: () => 'Allow once', kind: 'allow_once', answer: { outcome: 'allow', scope: 'once' } },
  'allow-session': {
    name: (rules) => `Allow ${rules} in this session`,
    kind: 'allow_always',
    answer: { outcome: 'allow', scope: 'session' },
    needsRules: true,
  },
  'allow-project': {
    name: (rules) => `Always allow ${rules} in this project`,
    kind: 'allow_always',
    answer: { outcome: 'allow', scope: 'project' },
    needsRules: true,
  },
  'reject-once': { name: () => 'Reject', kind: 'reject_once', answer: { outcome: 'deny', scope: 'once' } },
  'reject-session': {
    name: (rules) => `Reject ${rules} in this session`,
    kind: 'reject_always',
    answer: { outcome: 'deny', scope: 'session' },
    needsRules: true,
  },
};

/** The person behind an editor that speaks the Agent Client Protocol. */
export function editorPerson(client: AgentContext, sessionId: string): Person {
  /** @returns the id of the option that was chosen */
  async function choose(
    call: { step: number; callId: string; title: string; rawInput: unknown },
    options: PermissionOption[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { title, rawInput } = call;
    const asked = client.request(methods.client.session.requestPermission, {
      sessionId,
      toolCall: { toolCallId: callIdOf(call), title, rawInput },
      options,
    });
    const stopped = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const response = await Promise.race([asked.catch(() => undefined), stopped]);
    return response?.outcome.outcome === 'selected' ? response.outcome.optionId : undefined;
  }

  return {
    async permit(request: PermissionRequest, signal): Promise<PermissionAnswer | undefined> {
      const { tool, input, suggestions, step, callId } = request;
      const rules = suggestions.join(', ');
      const options = Object.entries(ANSWERS)
        .filter(([, { needsRules }]) => !needsRules || rules !== '')
        .map(([optionId, { name, kind }]) => ({ optionId, name: name(rules), kind }));
      const title = wholeOf(tool, (input ?? {}) as Record<string, unknown>);
      const chosen = await choose({ step, callId, title, rawInput: input }, options, signal);
      return chosen !== undefined && Object.hasOwn(ANSWERS, chosen) ? ANSWERS[chosen]!.answer : undefined;
    },
    async answer({ question, options, step, callId }: Inquiry, signal): Promise<string | undefined> {
      if (options.length === 0) return undefined;
      const chosen = await choose(
        { step, callId, title: question, rawInput: { question } },
        options.map((name, index) => ({ optionId: String(index), name, kind: 'allow_once' })),
        signal,
      );
      return chosen === undefined ? undefined : options[Number(chosen)];
    },
  };
}
