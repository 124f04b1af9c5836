export { ModelCallError } from './errors.ts';
export type { ImageMaker } from './image-maker.ts';
export type {
  Model,
  ModelAnswer,
  ModelDelta,
  ModelImage,
  ModelMessage,
  ModelRequest,
  ModelToolResult,
  ToolCall,
  ToolSpec,
} from './model.ts';
export { PROVIDERS } from './providers.ts';
export { type ResolveOptions, resolveImageModel, resolveModel } from './resolve.ts';
export { type RetryPolicy, streamWithRetry } from './retry.ts';

/** Recording and replaying, which few runs need. */
export const loadRecording = () => import('./recording.ts');
