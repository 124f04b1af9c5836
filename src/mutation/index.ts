export { applyMutant, type Mutant, type OperatorName } from './mutant.ts';
export { mutantsOf } from './mutants.ts';
