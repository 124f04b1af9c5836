export { type Comparison, comparePaired } from './compare.ts';
export { type Experiment, type Plan, readExperiment } from './experiment.ts';
export { type AgentReport, reportAgents } from './report.ts';
export { runExperiment } from './run-experiment.ts';
export type { Estimate } from './statistics/clustered.ts';
