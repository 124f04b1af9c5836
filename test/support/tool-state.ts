import { SeenFiles, Shell } from '../../src/tool/index.ts';

/** What a tool finds of earlier calls: nothing. */
export function toolState() {
  return { callId: 'call', seen: new SeenFiles(), shell: new Shell() };
}
