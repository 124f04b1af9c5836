export type { App } from './app.ts';
export { serve } from './serve.ts';
export type { ShownThread, StreamMessage } from './stream.ts';
