export {
  MissingKeyError,
  ModelCallError,
  RecordingError,
  ReplayMismatchError,
  UnknownModelError,
} from './errors.ts';
export type {
  Model,
  ModelAnswer,
  ModelDelta,
  ModelMessage,
  ModelRequest,
  ToolCall,
  ToolSpec,
} from './model.ts';
export { PROVIDERS } from './providers.ts';
export { recordingFetch, replayingFetch } from './recording.ts';
export { type ResolveOptions, resolveModel } from './resolve.ts';
export { DEFAULT_RETRY, type RetryPolicy, streamWithRetry } from './retry.ts';
