import { lookup as lookupHost } from 'node:dns';
import { writeFile } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { limitText, looksBinary } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_CHARS = 24_000;
const TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;

const input = z.object({
  url: z.url({ protocol: /^https?$/ }),
});

/** Fetches a page as text. Each host on the way must be allowed, and a name that leads into a private network is refused. */
export const fetchTool: Tool<z.infer<typeof input>> = {
  name: 'fetch',
  kind: 'fetch',
  description: 'Fetch a web page or file as text (HTML becomes Markdown). Only allowed hosts.',
  input,
  access: () => ({}),
  address: ({ url }) => url,
  async run({ url }, context) {
    const first = new URL(url).hostname;
    let address = new URL(url);
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const response = await request(address, context.signal);
        const { statusCode = 0, headers } = response;
        if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
          response.destroy();
          address = new URL(headers.location, address);
          if (!/^https?:$/.test(address.protocol))
            return failure(`It leads on to ${address.protocol} and was not followed.`);
          if (address.hostname !== first && context.allows?.fetch(address.hostname) === false)
            return failure(
              `It leads on to ${address.href}; that host is not allowed. Fetch it by itself to be asked.`,
            );
          continue;
        }
        const body = await bodyOf(response);
        const type = headers['content-type'] ?? '';
        if (statusCode >= 400)
          return failure(
            `${address.href} answered ${statusCode}.\n${limitText(body.toString('utf8'), 1_000)}`,
          );
        return await show(address.href, type, body, context);
      }
      return failure(`More than ${MAX_REDIRECTS} redirections.`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return failure(`${address.host} could not be reached (${code ?? message}).`);
    }
  },
};

async function show(url: string, type: string, body: Buffer, { newOutputFile }: ToolContext) {
  let text: string;
  if (body.subarray(0, 5).toString('latin1') === '%PDF-') {
    const { pdfText } = await import('./pdf.ts');
    text = await pdfText(body);
  } else if (looksBinary(body))
    return failure(`${url} is no text (${type || 'unknown type'}, ${body.length} bytes).`);
  else
    text =
      /html/i.test(type) || /^\s*<(?:!doctype html|html)/i.test(body.toString('utf8', 0, 200))
        ? await htmlText(body.toString('utf8'))
        : body.toString('utf8');
  const shown = limitText(text.trim() || '[an empty page]', MAX_CHARS);
  if (shown === text.trim()) return success(shown);
  const file = newOutputFile();
  await writeFile(file, text, { mode: 0o600 });
  return success(shown, file);
}

async function htmlText(html: string): Promise<string> {
  const { default: Turndown } = await import('turndown');
  const turndown = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  turndown.remove(['script', 'style', 'noscript', 'iframe', 'nav', 'footer', 'form']);
  return turndown.turndown(html);
}

function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address, and localhost, are what somebody has allowed by that very name.
  const isNamed = isIP(literal) === 0 && literal !== 'localhost';
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? getHttps : getHttp)(
      url,
      {
        signal: timeout,
        headers: {
          'user-agent': 'kino',
          accept: 'text/markdown, text/html, text/plain, */*;q=0.5',
          'accept-encoding': 'identity',
        },
        ...(isNamed && { lookup: publicLookup }),
      },
      resolve,
    );
    call.on('error', reject);
  });
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) {
      response.destroy();
      throw new Error(`more than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6');

/** Whether an address belongs to this machine or a private network. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return PRIVATE.check(mapped, 'ipv4');
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Looks a name up as usual, and refuses it where it stands for a private address: the connection goes to what was checked. */
const publicLookup: typeof lookupHost = ((
  hostname: string,
  options: object,
  callback: (...args: unknown[]) => void,
) => {
  lookupHost(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error);
    const isPrivate = found.some(({ address }) => isPrivateAddress(address));
    if (isPrivate) return callback(new Error('the name stands for a private address'));
    if ((options as { all?: boolean }).all) return callback(null, found);
    return callback(null, found[0]!.address, found[0]!.family);
  });
}) as typeof lookupHost;
