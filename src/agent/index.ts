export type { AcpCommand } from './acp/presets.ts';
export { idOf as callIdOf, titleOf, UpdateStream, wholeOf } from './acp/updates.ts';
export type { Agent, AgentBudget, Job, Outcome } from './agent.ts';
export { changingSteps, openSnapshots, takeBack } from './checkpoints.ts';
export { writeHandoff } from './context/handoff.ts';
export { saveHandoff } from './context/handoff-file.ts';
export { standing } from './conversation.ts';
export { forkThread } from './fork.ts';
export { lookOf } from './look.ts';
export { keepMedia, MAX_MEDIA_BYTES, MEDIA, type MediaType, mediaTypeOf, readMedia } from './media.ts';
export { type AgentChoice, agentNames, externalAgents, openAgent, openModel } from './open-agent.ts';
export { type OpenSession, openSession } from './open-session.ts';
export { MODE_MEANINGS, MODES, type Mode } from './permission/mode.ts';
export type { Inquiry, PermissionAnswer, PermissionRequest, Person } from './person.ts';
export type { Profile } from './profile.ts';
export {
  expandPrompt,
  loadCommands,
  type PromptCommand,
} from './prompt-commands.ts';
export { createAgent, isKnownAgent, UnknownAgentError } from './registry.ts';
export { runInThread } from './run-in-thread.ts';
export { runSession, type SessionRun, titleFrom } from './run-session.ts';
export { workspaceAround } from './workspace-around.ts';
export { dropWorktree, runScript } from './worktree.ts';
