export type { MatchingLine } from './lines.ts';
export { type Found, type FoundFile, RepositoryIndex } from './repository-index.ts';
