import { bashTool } from './bash.ts';
import { codemodTool } from './codemod.ts';
import { diagnosticsTool } from './diagnostics.ts';
import { editTool } from './edit.ts';
import { fetchTool } from './fetch.ts';
import { findTool } from './find.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { jobsTool } from './jobs.ts';
import { readTool } from './read.ts';
import type { Tool } from './tool.ts';
import { writeTool } from './write.ts';

export { Browser } from './browser/browser.ts';
export { findChromium } from './browser/find-chromium.ts';
export { browserTools } from './browser/tools.ts';
export { dependencyTool } from './dependency.ts';
export { findTool } from './find.ts';
export { type Permit, type RunObserver, runCalls, type SoundCall } from './run-calls.ts';
export { SeenFiles } from './seen-files.ts';
export { Shell, type ShellJob } from './shell.ts';
export {
  failure,
  success,
  type Tool,
  type ToolContext,
  type ToolKind,
  type ToolResult,
  toolSpecs,
} from './tool.ts';

/** The tools of Kino's own agent that need nothing but a workspace. */
export const CORE_TOOLS: readonly Tool[] = [
  readTool,
  editTool,
  writeTool,
  globTool,
  grepTool,
  findTool,
  bashTool,
  jobsTool,
  codemodTool,
  diagnosticsTool,
  fetchTool,
] as Tool[];
