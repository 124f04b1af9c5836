export { type Change, changeOf } from './change.ts';
export { compareAttempts } from './compare.ts';
export { describe } from './description.ts';
export type { FileDiff } from './diff.ts';
export { acceptHunk, decisionsOf, type HunkDecisions, rejectHunk, reopenHunk } from './hunk/decide.ts';
export { originsOf } from './hunk/origin.ts';
export { openPullRequest } from './pull-request.ts';
export { SLOP, type SlopKind } from './slop.ts';
export type { Stop } from './tour.ts';
