/** A model server for the loop bench: so many turns of `echo`, then an answer. Prints its address, then its requests. */
import { startModelServer } from '../../test/support/model-server.ts';

const turns = Number(process.argv[2] ?? 20);
const server = await startModelServer((_request, index) =>
  index < turns - 1
    ? { calls: [{ name: 'bash', args: { command: `echo turn ${index}` } }] }
    : { text: 'done' },
);
console.log(server.url);
process.stdin.on('end', async () => {
  console.log(
    JSON.stringify(server.requests.map(({ at, bytes }) => ({ at: performance.timeOrigin + at, bytes }))),
  );
  await server.close();
});
process.stdin.resume();
