import { z } from 'zod';
import type { Sandbox } from '../sandbox/index.ts';
import type { SeenFiles } from './seen-files.ts';
import type { Shell } from './shell.ts';

/** What a tool may use while it runs. */
export interface ToolContext {
  sandbox: Sandbox;
  signal: AbortSignal;
  /** The call that is run. */
  callId: string;
  /** A new file, outside the workspace, for output that is too long to be shown whole. */
  newOutputFile(): string;
  /** The files that the agent knows, as it knows them. */
  seen: SeenFiles;
  /** The shell's folder and what runs in the background. */
  shell: Shell;
  /** What may be done beyond what the call itself says; absent where all may. */
  allows?: { read?(path: string): boolean; write(path: string): boolean; fetch(host: string): boolean };
}

export interface ToolResult {
  /** False when the tool could not do what was asked; the output says why and what to do instead. */
  ok: boolean;
  /** What the model is shown. */
  output: string;
  /** Where the complete output is, if `output` was cut. */
  outputFile?: string;
  /** Files with images to show, made by `newOutputFile`. */
  images?: { mediaType: string; file: string; bytes: number }[];
}

/** Which files a call reads and writes: a path, `*` for any, or nothing. Calls that do not clash run at once. */
export interface Access {
  reads?: string;
  writes?: string;
}

/** What a tool does to the world; the names are those of the Agent Client Protocol. */
export type ToolKind = 'read' | 'edit' | 'search' | 'execute' | 'fetch' | 'think' | 'other';

/** Something an agent can do. */
export interface Tool<Input = unknown> {
  readonly name: string;
  readonly kind: ToolKind;
  /** Written for a model: what it does, and what it is for. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  access(input: Input): Access;
  /** The command line that a shell is to run, for permission to judge. */
  command?(input: Input): string;
  /** The address that is to be fetched. */
  address?(input: Input): string;
  run(input: Input, context: ToolContext): Promise<ToolResult>;
}

export function success(output: string, outputFile?: string): ToolResult {
  return { ok: true, output, ...(outputFile !== undefined && { outputFile }) };
}

export function failure(output: string): ToolResult {
  return { ok: false, output };
}

/** Tools as a model is told of them. */
export function toolSpecs(
  tools: readonly Tool[],
): { name: string; description: string; inputSchema: Record<string, unknown> }[] {
  return tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchemaOf(tool),
  }));
}

/** The JSON Schema of a tool's input, without what a model does not need to read. */
export function inputSchemaOf(tool: Tool): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(tool.input, { io: 'input' });
  return prune(schema) as Record<string, unknown>;
}

/** Bounds that only say "a safe integer", and the refusal of other keys, cost tokens in every request. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, held]) => key !== 'additionalProperties' && Math.abs(Number(held)) !== Number.MAX_SAFE_INTEGER,
  );
  return Object.fromEntries(kept.map(([key, held]) => [key, prune(held)]));
}

/** Whether two calls must not run at the same time. */
export function clash(a: Access, b: Access): boolean {
  const meet = (x: string | undefined, y: string | undefined) =>
    x !== undefined && y !== undefined && (x === '*' || y === '*' || x === y);
  return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);
}
