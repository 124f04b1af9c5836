export { type Misfit, misfits } from './check.ts';
export { type Comparison, comparePaired } from './compare.ts';
export { type Experiment, type Plan, readExperiment, resultsInOrder } from './experiment.ts';
export {
  EXPERIMENT_FORMATS,
  type ExperimentFormat,
  exportExperiment,
} from './export/export-experiment.ts';
export { type AgentReport, reportAgents } from './report.ts';
export { runExperiment } from './run-experiment.ts';
export { type Estimate, estimateMean } from './statistics/clustered.ts';
