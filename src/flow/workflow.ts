import { z } from 'zod';
import { readFrontMatter } from '../config/index.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'is no name: lower-case words with hyphens');

/** What an agent's author wants to be looked at before work goes on. */
export const POLICIES = ['always-proceed', 'agent-decides', 'request-review'] as const;
export type Policy = (typeof POLICIES)[number];

export const ARTIFACT_KINDS = [
  ...([
    'questions',
    'research',
    'design',
    'outline',
    'plan',
    'tasks',
    'walkthrough',
    'review',
    'tour',
  ] as const),
  ...(['diagram', 'image', 'recording', 'report', 'diff', 'note'] as const),
] as const;

/** One phase of work: a fresh thread that knows what it reads and nothing else. */
export const phaseSchema = z.strictObject({
  name,
  /** What the agent is to do in it, in a few sentences. */
  instructions: z.string().trim().min(1, 'has no instructions'),
  /** `request`, and names of phases before whose approved artifacts it starts from. */
  reads: z.array(z.string()),
  /** The artifact that it must make; absent where the work itself is what it makes. */
  makes: z.enum(ARTIFACT_KINDS).exactOptional(),
  /** Who approves what it made: the person, the policy of the flow, or nobody. */
  approve: z.enum(['person', 'policy', 'nobody']),
  /** What commands may do. */
  sandbox: z.enum(['read-only', 'workspace-write']),
  /** `provider/model`, where it is another one than the flow's. */
  model: z.string().min(1).exactOptional(),
});
export type Phase = z.infer<typeof phaseSchema>;

export const workflowSchema = z
  .strictObject({
    name,
    description: z.string().trim().min(1),
    policy: z.enum(POLICIES),
    phases: z.array(phaseSchema).min(1, 'has no phases').max(40),
  })
  .superRefine(({ phases }, context) => {
    const before = new Map<string, Phase>();
    for (const [at, phase] of phases.entries()) {
      const issue = (message: string) => context.addIssue({ code: 'custom', path: ['phases', at], message });
      if (before.has(phase.name)) issue(`${phase.name} is there twice`);
      for (const read of phase.reads) {
        if (read === 'request') continue;
        if (!before.has(read)) issue(`${phase.name} reads ${read}, which is no phase before it`);
        else if (before.get(read)!.makes === undefined)
          issue(`${phase.name} reads ${read}, which makes no artifact`);
      }
      before.set(phase.name, phase);
    }
  });

/** Phases of work with a person between them, as data. */
export type Workflow = z.infer<typeof workflowSchema>;

/** A description of a workflow that cannot be understood. */
export class WorkflowError extends Error {
  override name = 'WorkflowError';
  readonly source: string;
  constructor(source: string, reason: string) {
    super(`${source}: ${reason.replace(/\.$/, '')}.`);
    this.source = source;
  }
}

/** Checks what claims to be a workflow. @param source for the message @throws WorkflowError */
export function checkWorkflow(value: unknown, source: string): Workflow {
  const parsed = workflowSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const where = path.map((part, at) =>
    typeof part === 'number' ? `[${part + 1}]` : `${at > 0 ? '.' : ''}${String(part)}`,
  );
  throw new WorkflowError(source, `${where.join('')} ${message}`.trim());
}

const KEYS = ['reads', 'makes', 'approve', 'sandbox', 'model'] as const;

/**
 * Reads a workflow that is written in Markdown: its name, description and policy in the front matter; each phase a heading
 * of the second level, with `key: value` lines (`reads`, `makes`, `approve`, `sandbox`, `model`) and then, after an empty
 * line, its instructions.
 *
 * @param fallbackName where the front matter has none
 * @throws WorkflowError
 */
export function parseWorkflow(markdown: string, source: string, fallbackName: string): Workflow {
  let front: ReturnType<typeof readFrontMatter>;
  try {
    front = readFrontMatter(markdown);
  } catch (error) {
    throw new WorkflowError(source, (error as Error).message);
  }
  const sections = front.text.split(/^##[ \t]+/m).slice(1);
  const phases = sections.map((section) => parsePhase(section, source));
  return checkWorkflow({ name: fallbackName, policy: 'request-review', ...front.data, phases }, source);
}

function parsePhase(section: string, source: string): unknown {
  const [title = '', ...lines] = section.split(/\r?\n/);
  const settings: Record<string, string> = {};
  let at = 0;
  while (lines[at]?.trim() === '') at++;
  for (; at < lines.length; at++) {
    const match = /^([a-z]+):[ \t]*(.*)$/.exec(lines[at]!);
    if (!match) break;
    const [, key = '', value = ''] = match;
    if (!(KEYS as readonly string[]).includes(key))
      throw new WorkflowError(
        source,
        `phase ${title.trim()} has the setting ${key}; there are ${KEYS.join(', ')}`,
      );
    settings[key] = value.trim();
  }
  const { reads = 'request', makes, approve, sandbox, model } = settings;
  return {
    name: title.trim(),
    reads: reads
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '' && one !== 'nothing'),
    ...(makes !== undefined && makes !== 'nothing' && { makes }),
    approve: approve ?? (makes === undefined || makes === 'nothing' ? 'nobody' : 'policy'),
    sandbox: sandbox ?? (makes === undefined || makes === 'walkthrough' ? 'workspace-write' : 'read-only'),
    ...(model !== undefined && { model }),
    instructions: lines.slice(at).join('\n').trim(),
  };
}
