export { runValidators } from './run-validators.ts';
export { validatorsFor } from './validators.ts';
