import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { RequestError } from './errors.ts';
import { page } from './static.ts';

const COOKIE = 'kino';
const OTHER_NAME = 'This server does not go by that name.';

/** The page that asks for the token, and what it is made of: the same for everybody. */
const ENTRANCE = ['/enter.html', '/enter.js', '/enter.css'] as const;

/**
 * What a page is let in by: a cookie and a key, of which neither is enough. A browser sends its cookies to every port of a
 * machine, so that whatever listens there sees them; the key is known to pages of this very server alone.
 */
export interface PageSecrets {
  cookie: string;
  /** Comes behind the `#` of the address, which no server is told, and is kept by the page. */
  key: string;
}

/** The same for the same token, so that pages go on with the next server; neither tells the token. */
export function secretsOf(token: string): PageSecrets {
  const derived = (what: string) => createHmac('sha256', token).update(what).digest('base64url');
  return { cookie: derived('cookie'), key: derived('key') };
}

/** Who may talk to the server: whoever has the token, and pages of the server itself. */
export interface Access {
  token: string;
  page: PageSecrets;
  /** Whether it goes by a name, `name:port` as browsers send it in `Host`; by one that was rebound to it it does not. */
  isHost(host: string): boolean;
  /** Whether pages of an origin are the server's own, that was asked by the name `host`. */
  isOrigin(origin: string, host: string): boolean;
  /** The cookie is sent over TLS only. */
  secure: boolean;
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Refuses what comes by another name than the server's own: one that was rebound to this machine. */
export function knownHost(access: Access): MiddlewareHandler {
  return async ({ req }, next) => {
    if (!access.isHost(req.header('host')?.toLowerCase() ?? '')) throw new RequestError(403, OTHER_NAME);
    return next();
  };
}

/**
 * Refuses what comes by another name (DNS rebinding), from another page (CSRF) or without a secret. The token comes in the
 * address that is opened, and gives a cookie that no script can read; with it and its key a page may ask. Programs send
 * the token as `Authorization: Bearer`.
 */
export function guard(access: Access): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    const host = req.header('host')?.toLowerCase() ?? '';
    if (!access.isHost(host)) throw new RequestError(403, OTHER_NAME);
    const origin = req.header('origin');
    if (origin !== undefined && !access.isOrigin(origin.toLowerCase(), host))
      throw new RequestError(403, 'Pages of others may not ask this server.');
    const site = req.header('sec-fetch-site');
    // A link in a mail or a terminal opens a page, and no more.
    const opensPage = req.method === 'GET' && req.header('sec-fetch-mode') === 'navigate';
    if (site !== undefined && !/^(?:same-origin|none)$/.test(site) && !opensPage)
      throw new RequestError(403, 'Pages of others may not ask this server.');
    const given = new URL(req.url).searchParams.get('token');
    if (given !== null && req.method === 'GET' && !req.path.startsWith('/api/')) {
      if (!isSame(given, access.token)) {
        if (opensPage) return page(context, ENTRANCE[0], 401);
        throw new RequestError(401, 'That token is not the right one.');
      }
      setCookie(context, COOKIE, access.page.cookie, {
        ...{ httpOnly: true, sameSite: 'Strict', path: '/', secure: access.secure },
      });
      const clean = new URL(req.url);
      clean.searchParams.delete('token');
      return context.redirect(`${clean.pathname}${clean.search}`, 303);
    }
    if (ENTRANCE.some((path) => path === req.path)) return next();
    if (!isKnown(context, access) && opensPage && !req.path.startsWith('/api/'))
      return page(context, ENTRANCE[0], 401);
    if (!isKnown(context, access))
      throw new RequestError(401, 'Open the address that `kino serve` has printed: it carries the token.');
    return next();
  };
}

function isKnown(context: Context, { token, page }: Access): boolean {
  const { req } = context;
  const bearer = /^Bearer (.+)$/.exec(req.header('authorization') ?? '')?.[1];
  if (bearer !== undefined) return isSame(bearer, token);
  if (!isSame(getCookie(context, COOKIE) ?? '', page.cookie)) return false;
  // What is built for everybody tells nothing.
  if (!req.path.startsWith('/api/')) return true;
  // A stream cannot send headers.
  const key = req.header('x-kino-key') ?? (req.path === '/api/stream' ? req.query('key') : undefined);
  return isSame(key ?? '', page.key);
}

/** Compares in a time that tells nothing of where two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

const POLICY = (previewPort: number) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; frame-src 'self' http://*.localhost:${previewPort}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
/** Of the frame that draws diagrams: it may style what it measures, and reach nothing. */
const DRAWING_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** Headers of every answer: pages run the server's own scripts only, and are shown in no frame but their own. */
export function headers(previewPort: number): MiddlewareHandler {
  const policy = POLICY(previewPort);
  return async (context, next) => {
    await next();
    const { headers: out } = context.res;
    if (!out.has('content-security-policy'))
      out.set('content-security-policy', context.req.path === '/diagram.html' ? DRAWING_POLICY : policy);
    out.set('x-content-type-options', 'nosniff');
    out.set('referrer-policy', 'no-referrer');
    out.set('cross-origin-opener-policy', 'same-origin');
    out.set('cross-origin-resource-policy', 'same-origin');
    out.set('permissions-policy', 'camera=(), geolocation=(), payment=()');
    if (!out.has('cache-control')) out.set('cache-control', 'no-store');
  };
}
