export { type Change, changeOf } from './change.ts';
export type { FileDiff } from './diff.ts';
export { SLOP, type SlopKind } from './slop.ts';
export type { Stop } from './tour.ts';
