export { type Comparison, comparePaired, NothingToCompareError } from './compare.ts';
export { type Experiment, NotAnExperimentError, type Plan, readExperiment } from './experiment.ts';
export { type AgentReport, reportAgents } from './report.ts';
export { ExperimentBusyError, runExperiment } from './run-experiment.ts';
export type { Estimate } from './statistics/clustered.ts';
