export type { Agent, AgentBudget, Job, Outcome } from './agent.ts';
export { changingSteps, takeBack } from './checkpoints.ts';
export type { ContextOptions } from './context/window.ts';
export { standing } from './conversation.ts';
export { openSession } from './open-session.ts';
export { MODE_MEANINGS, MODES, type Mode } from './permission/mode.ts';
export { createAgent, isKnownAgent, UnknownAgentError } from './registry.ts';
export { runInThread } from './run-in-thread.ts';
export { workspaceAround } from './workspace-around.ts';
