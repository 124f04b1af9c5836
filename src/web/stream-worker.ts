import { type Have, SharedStream, type Told } from './stream.ts';

/** What a tab says to the worker; nothing when it goes. */
export type Said = { have: Have; key: string } | { bye: true };

// The page's types know no worker: of its scope only this is used.
const scope = self as unknown as { onconnect: (event: MessageEvent) => void };
const stream = new SharedStream<MessagePort>((port, told: Told) => port.postMessage(told));

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<Said>) => {
    if ('bye' in data) stream.leave(port);
    else stream.follow(port, data.have, data.key);
  };
};
