export { GitError, GitMissingError, NoSuchCommitError, NotARepositoryError } from './errors.ts';
export { exportBase } from './export-base.ts';
export { git, gitBytes, streamGit } from './git.ts';
export { type ChangedFile, type Commit, type HistoryOptions, readHistory } from './history.ts';
export { identityEnvironment } from './identity.ts';
export {
  openRepository,
  type Repository,
  repositoryIdentity,
  resolveCommit,
  storageOf,
} from './repository.ts';
export type { SnapshotChange } from './snapshot-file.ts';
export { Snapshots } from './snapshots.ts';
export { listTree, readBlobs, type TreeFile } from './tree.ts';
export { type Tree, type TreeEntry, TreeStore } from './tree-store.ts';
export { isOwnRepository, withoutFilters, workTreeEnvironment } from './untrusted.ts';
export {
  addWorktree,
  removeWorktree,
  sharedGitDir,
  uncommittedIn,
} from './worktrees.ts';
