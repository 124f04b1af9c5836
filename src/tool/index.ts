import { bashTool } from './bash.ts';
import { editTool } from './edit.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { readTool } from './read.ts';
import type { Tool } from './tool.ts';
import { writeTool } from './write.ts';

export { runCalls } from './run-calls.ts';
export { inputSchemaOf, type Tool, type ToolContext } from './tool.ts';

/** The tools of Kino's own agent. */
export const CORE_TOOLS: readonly Tool[] = [
  readTool,
  editTool,
  writeTool,
  globTool,
  grepTool,
  bashTool,
] as Tool[];
