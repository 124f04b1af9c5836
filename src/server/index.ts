export type { App } from './app.ts';
export { serve } from './serve.ts';
export { type SharedContent, sharedContent } from './share/content.ts';
export { sharePage } from './share/share-page.ts';
export { Shares } from './share/shares.ts';
export type { ShownThread, StreamMessage } from './stream.ts';
