/** A request that cannot be met, with the status that says why. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly status: 400 | 401 | 403 | 404 | 409 | 413;
  constructor(status: RequestError['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** A server that may not be started as it was asked for. */
export class ServeError extends Error {
  override name = 'ServeError';
}
