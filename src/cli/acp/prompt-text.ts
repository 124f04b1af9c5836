import { fileURLToPath } from 'node:url';
import type { ContentBlock } from '@agentclientprotocol/sdk';

/** What an editor sends as one prompt, as the text that the agent is told. Files that it names are named by path. */
export function promptText(blocks: readonly ContentBlock[]): string {
  return blocks
    .map((block) => {
      switch (block.type) {
        case 'text':
          return block.text;
        case 'resource_link':
          return `@${pathOf(block.uri)}`;
        case 'resource':
          return 'text' in block.resource
            ? `<file path="${pathOf(block.resource.uri)}">\n${block.resource.text}\n</file>`
            : `@${pathOf(block.resource.uri)}`;
        default:
          return `[${block.type} that cannot be shown]`;
      }
    })
    .join('\n')
    .trim();
}

function pathOf(uri: string): string {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  } catch {
    return uri;
  }
}
