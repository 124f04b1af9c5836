import { writeFile } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { isIP } from 'node:net';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { isPrivateAddress, publicLookup } from '../sandbox/index.ts';
import { limitText, looksBinary } from './limit.ts';
import { failure, success, type Tool, type ToolContext } from './tool.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_CHARS = 24_000;
const TIMEOUT_MS = 30_000;
const CONVERT_MS = 5_000;
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
    const first = new URL(url);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = AbortSignal.any([context.signal, timeout]);
    let address = first;
    try {
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const response = await request(address, signal);
        const { statusCode = 0, headers } = response;
        if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
          response.destroy();
          const next = new URL(headers.location, address);
          const problem = redirectProblem(first, next, context.allows);
          if (problem !== undefined) return failure(problem);
          address = next;
          continue;
        }
        const body = await bodyOf(response);
        if (body === undefined)
          return failure(`${address.href} is larger than ${MAX_BYTES / 1024 ** 2} MiB.`);
        const page = { url: address.href, type: headers['content-type'] ?? '', body };
        if (statusCode < 400) return await show(page, context);
        const said = (await textOf(page).catch(() => undefined)) ?? '';
        return failure(`${page.url} answered ${statusCode}.\n${limitText(said, 1_000)}`.trim());
      }
      return failure(`${url} leads on more than ${MAX_REDIRECTS} times.`);
    } catch (error) {
      if (context.signal.aborted) return failure(`${address.host} was not waited for: the work was stopped.`);
      if (timeout.aborted) return failure(`${address.host} took more than ${TIMEOUT_MS / 1000} s.`);
      const { code, message } = error as NodeJS.ErrnoException;
      return failure(`${address.host} could not be reached (${code ?? message}).`);
    }
  },
};

/** Why a redirection is not followed, or undefined where it is. */
export function redirectProblem(first: URL, next: URL, allows: ToolContext['allows']): string | undefined {
  if (!/^https?:$/.test(next.protocol)) return `It leads on to ${next.protocol} and was not followed.`;
  if (next.hostname === first.hostname) return undefined;
  // Where any host is allowed, this machine is not thereby open to whoever redirects.
  if (isLocal(next) && !isLocal(first))
    return `It leads on to ${next.href}, which is on this machine or its network, and was not followed.`;
  if (allows?.fetch(next.hostname) === false)
    return `It leads on to ${next.href}; that host is not allowed. Fetch it by itself to be asked.`;
  return undefined;
}

interface Page {
  url: string;
  /** The content type as the server gives it. */
  type: string;
  body: Buffer;
}

async function show(page: Page, { newOutputFile }: ToolContext) {
  const { url, type, body } = page;
  let text: string | undefined;
  try {
    text = await textOf(page);
  } catch (error) {
    return failure(`${url}: ${(error as Error).message}`);
  }
  if (text === undefined)
    return failure(`${url} is no text (${type || 'unknown type'}, ${body.length} bytes).`);
  if (text === '') return success('[an empty page]');
  const shown = limitText(text, MAX_CHARS);
  if (shown === text) return success(shown);
  const file = newOutputFile();
  await writeFile(file, text, { mode: 0o600 });
  return success(shown, file);
}

/** What a page says, or undefined where it is no text. @throws Error for a PDF that cannot be read */
async function textOf({ type, body }: Page): Promise<string | undefined> {
  if (body.subarray(0, 5).toString('latin1') === '%PDF-') {
    const { pdfText } = await import('./pdf.ts');
    return (await pdfText(body)).trim();
  }
  if (looksBinary(body)) return undefined;
  const head = body.toString('latin1', 0, 1_024);
  const isHtml = /html/i.test(type) || /^\s*<(?:!doctype html|html)/i.test(head);
  const text = decode(body, CHARSET.exec(type) ?? (isHtml ? CHARSET.exec(head) : null));
  return (isHtml ? await htmlText(text) : text).trim();
}

const CHARSET = /\bcharset=["']?([\w-]+)/i;

function decode(body: Buffer, charset: RegExpExecArray | null): string {
  try {
    return new TextDecoder(charset?.[1]).decode(body);
  } catch {
    // A charset that nobody knows.
    return body.toString('utf8');
  }
}

async function htmlText(html: string): Promise<string> {
  const { default: Turndown } = await import('turndown');
  const turndown = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  turndown.remove(['script', 'style', 'noscript', 'iframe', 'nav', 'footer', 'button']);
  try {
    // A page can be built so that parsing it takes hours, and nothing else ends work that never pauses.
    return runInNewContext('convert()', { convert: () => turndown.turndown(html) }, { timeout: CONVERT_MS });
  } catch {
    return html;
  }
}

/** The host of an address without the brackets of IPv6. */
function literalOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isLocal(url: URL): boolean {
  const literal = literalOf(url);
  return isIP(literal) === 0 ? literal === 'localhost' : isPrivateAddress(literal);
}

function request(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const literal = literalOf(url);
  // A literal address, and localhost, are what somebody has allowed by that very name.
  const isNamed = isIP(literal) === 0 && literal !== 'localhost';
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? getHttps : getHttp)(
      url,
      {
        signal,
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

/** The body, or undefined where it is too large. */
async function bodyOf(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) {
      response.destroy();
      return undefined;
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
