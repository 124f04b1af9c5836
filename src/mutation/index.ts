export { applyMutant, type Mutant, type OperatorName } from './mutant.ts';
export { mutantsOf, repairsOf } from './mutants.ts';
