import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { RequestError } from './errors.ts';

const COOKIE = 'kino';

/** Who may talk to the server: whoever has the token, from a page of the server itself. */
export interface Access {
  token: string;
  /** `name:port` as browsers send it in `Host`; a name that was rebound to this machine is none of them. */
  hosts: ReadonlySet<string>;
  /** Of the server's own pages. */
  origins: ReadonlySet<string>;
  /** The cookie is sent over TLS only. */
  secure: boolean;
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Refuses what comes by another name (DNS rebinding), from another page (CSRF) or without the token. The token comes once
 * in the address that was opened, then in a cookie that no script can read; programs send it as `Authorization: Bearer`.
 */
export function guard(access: Access): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    if (!access.hosts.has(req.header('host')?.toLowerCase() ?? ''))
      throw new RequestError(403, 'This server does not go by that name.');
    const origin = req.header('origin');
    if (origin !== undefined && !access.origins.has(origin.toLowerCase()))
      throw new RequestError(403, 'Pages of others may not ask this server.');
    const site = req.header('sec-fetch-site');
    // A link in a mail or a terminal opens a page, and no more.
    const opensPage = req.method === 'GET' && req.header('sec-fetch-mode') === 'navigate';
    if (site !== undefined && !/^(?:same-origin|none)$/.test(site) && !opensPage)
      throw new RequestError(403, 'Pages of others may not ask this server.');
    const given = new URL(req.url).searchParams.get('token');
    if (given !== null && req.method === 'GET' && !req.path.startsWith('/api/')) {
      if (!isSame(given, access.token)) throw new RequestError(401, 'That token is not the right one.');
      setCookie(context, COOKIE, access.token, {
        ...{ httpOnly: true, sameSite: 'Strict', path: '/', secure: access.secure },
      });
      const clean = new URL(req.url);
      clean.searchParams.delete('token');
      return context.redirect(`${clean.pathname}${clean.search}`, 303);
    }
    if (!isKnown(context, access.token))
      throw new RequestError(401, 'Open the address that `kino serve` has printed: it carries the token.');
    return next();
  };
}

function isKnown(context: Context, token: string): boolean {
  const cookie = getCookie(context, COOKIE);
  const bearer = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
  return (cookie !== undefined && isSame(cookie, token)) || (bearer !== undefined && isSame(bearer, token));
}

/** Compares in a time that tells nothing of where two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Headers of every answer: pages run the server's own scripts only, and are shown in no frame. */
export function headers(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers: out } = context.res;
    out.set(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    out.set('x-content-type-options', 'nosniff');
    out.set('referrer-policy', 'no-referrer');
    out.set('cross-origin-opener-policy', 'same-origin');
    out.set('cross-origin-resource-policy', 'same-origin');
    out.set('permissions-policy', 'camera=(), geolocation=(), payment=()');
    if (!out.has('cache-control')) out.set('cache-control', 'no-store');
  };
}
