import type { IncomingHttpHeaders } from 'node:http';

/** Headers that are about one connection and not about what is passed on (RFC 9110, section 7.6.1). */
const OF_CONNECTION = /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/i;

/** The headers that a proxy passes on. What comes from elsewhere may name anything. */
export function passedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.test(name)));
}

/** The headers of a request that is passed on over a connection of its own; a body whose length is not said still has one. */
export function requestHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const hasPieces = headers['transfer-encoding'] !== undefined;
  return {
    ...passedHeaders(headers),
    connection: 'close',
    ...(hasPieces && { 'transfer-encoding': 'chunked' }),
  };
}

/** A status that can be passed on; whatever else an answer claims is a bad gateway's. */
export function passedStatus(status: number | undefined): number {
  return status !== undefined && status >= 200 && status <= 599 ? status : 502;
}
