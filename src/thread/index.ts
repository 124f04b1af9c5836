export type { Activity, Waiting } from './activity.ts';
export { StoreWriteError, ThreadNotFoundError } from './errors.ts';
export type * from './event.ts';
export { EXPORT_FORMATS, type ExportFormat, exportThread } from './export/export.ts';
export { firstLine, headline } from './headline.ts';
export { newId } from './id.ts';
export { isAlive, isAtWork } from './process.ts';
export { SqliteThreadStore } from './sqlite.ts';
export type { BoardThread, ThreadQuery, ThreadStore, ThreadSummary } from './store.ts';
