export { type Checker, checkersFor } from './checkers.ts';
export { classify, type FileKind, saysGenerated } from './classify.ts';
export { type InstalledDependency, locateDependency } from './dependencies.ts';
