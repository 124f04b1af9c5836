import { z } from 'zod';

const extra = z.record(z.string(), z.unknown()).optional();
const count = z.int().nonnegative().optional();

const imageSource = z.strictObject({
  media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
  path: z.string(),
});
const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image'), source: imageSource }),
]);
const content = z.union([z.string(), z.array(contentPart)]);

const metrics = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count,
  cost_usd: z.number().nonnegative().optional(),
  prompt_token_ids: z.array(z.int()).optional(),
  completion_token_ids: z.array(z.int()).optional(),
  logprobs: z.array(z.number()).optional(),
  extra,
});

const subagentRef = z
  .strictObject({
    trajectory_id: z.string().optional(),
    trajectory_path: z.string().optional(),
    session_id: z.string().optional(),
    extra,
  })
  .refine((ref) => ref.trajectory_id !== undefined || ref.trajectory_path !== undefined, {
    message: 'a reference to a sub-agent needs trajectory_id or trajectory_path',
  });

const step = z
  .strictObject({
    step_id: z.int().positive(),
    timestamp: z.iso.datetime({ offset: true }).optional(),
    source: z.enum(['system', 'user', 'agent']),
    model_name: z.string().optional(),
    reasoning_effort: z.union([z.string(), z.number()]).optional(),
    message: content,
    reasoning_content: z.string().optional(),
    tool_calls: z
      .array(
        z.strictObject({
          tool_call_id: z.string(),
          function_name: z.string(),
          arguments: z.record(z.string(), z.unknown()),
          extra,
        }),
      )
      .optional(),
    observation: z
      .strictObject({
        results: z.array(
          z.strictObject({
            source_call_id: z.string().optional(),
            content: content.optional(),
            subagent_trajectory_ref: z.array(subagentRef).optional(),
            extra,
          }),
        ),
      })
      .optional(),
    metrics: metrics.optional(),
    is_copied_context: z.boolean().optional(),
    llm_call_count: z.int().nonnegative().optional(),
    extra,
  })
  .check(({ value, issues }) => {
    const fail = (message: string) => issues.push({ code: 'custom', message, input: value });
    if (value.source !== 'agent') {
      for (const key of [
        'model_name',
        'reasoning_effort',
        'reasoning_content',
        'tool_calls',
        'metrics',
      ] as const) {
        if (value[key] !== undefined) fail(`${key} belongs to agent steps only`);
      }
    } else if (value.llm_call_count === 0 && (value.metrics || value.reasoning_content !== undefined)) {
      fail('a step without a model call has no metrics and no reasoning');
    }
    const calls = new Set(value.tool_calls?.map((call) => call.tool_call_id));
    for (const { source_call_id: id } of value.observation?.results ?? []) {
      if (id !== undefined && !calls.has(id)) fail(`source_call_id ${id} is no tool call of this step`);
    }
  });

/**
 * The Agent Trajectory Interchange Format, version 1.7, as Harbor's RFC 0001 and its models define it.
 * Unknown keys are refused everywhere but in `extra`.
 */
export const atifSchema = z.strictObject({
  schema_version: z.literal('ATIF-v1.7'),
  session_id: z.string().optional(),
  trajectory_id: z.string().optional(),
  agent: z.strictObject({
    name: z.string(),
    version: z.string(),
    model_name: z.string().optional(),
    tool_definitions: z.array(z.record(z.string(), z.unknown())).optional(),
    extra,
  }),
  steps: z
    .array(step)
    .min(1)
    .refine((steps) => steps.every((one, index) => one.step_id === index + 1), {
      message: 'step_id counts from 1 without gaps',
    }),
  notes: z.string().optional(),
  final_metrics: z
    .strictObject({
      total_prompt_tokens: count,
      total_completion_tokens: count,
      total_cached_tokens: count,
      total_cost_usd: z.number().nonnegative().optional(),
      total_steps: count,
      extra,
    })
    .optional(),
  continued_trajectory_ref: z.string().optional(),
  extra,
});

export type Atif = z.infer<typeof atifSchema>;
export type AtifStep = z.infer<typeof step>;
