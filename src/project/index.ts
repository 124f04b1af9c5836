export { type Checker, checkersFor } from './checkers.ts';
export { classify, type FileKind, saysGenerated } from './classify.ts';
export { type InstalledDependency, locateDependency } from './dependencies.ts';
export { devServersOf } from './dev-server.ts';
export type { ProjectFiles } from './project-files.ts';
export type { Setup } from './setup/detect.ts';
export type { SetupCommand, SetupPlan } from './setup/setup.ts';
export { languageOf, loadSyntax } from './syntax.ts';
export { type Outcome, outcomesOf, passedIn, type TestCase, type TestReport } from './tests/report.ts';
export {
  jsonOf,
  programFolders,
  type Results,
  type RunCommand,
  type RunnerName,
  type RunRequest,
  type TestPlan,
  testPlanSchema,
} from './tests/runner.ts';

// What reads manifests brings parsers along, which an agent's session does without.
export const loadTestDetection = () => import('./tests/detect.ts');
export const loadRunners = () => import('./tests/runners.ts');
export const loadCoverage = () => import('./tests/coverage.ts');
export const loadSetups = () => import('./setup/detect.ts');
export const loadToolchains = () => import('./toolchains.ts');
