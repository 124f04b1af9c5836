export type { Agent, AgentBudget, Job, Outcome } from './agent.ts';
export { createAgent, isKnownAgent, UnknownAgentError } from './registry.ts';
export { runInThread } from './run-in-thread.ts';
