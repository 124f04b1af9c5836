import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { KINO, median, report, runNode, withFolder } from './support/measure.ts';
import { startServer } from './support/served.ts';

const TURNS = 20;
const STARTS = 20;
const RUNS = 7;

const INITIALIZE = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 0, method: 'initialize' },
  params: { protocolVersion: 1, clientCapabilities: { fs: {}, terminal: false } },
});

/** Milliseconds from starting `kino acp` to its answer to `initialize`. */
function untilInitialized(home: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [KINO, 'acp'], {
      env: { ...process.env, KINO_HOME: home },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let took: number | undefined;
    let said = '';
    child.on('error', reject);
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (took !== undefined || !said.includes('\n')) return;
      took = performance.now() - began;
      child.stdin.end();
    });
    child.on('close', () => {
      if (took !== undefined && said.includes('"protocolVersion":1')) resolve(took);
      else reject(new Error(`kino acp answered ${said}`));
    });
    child.stdin.write(`${INITIALIZE}\n`);
  });
}

/** `kino acp` as an editor starts it, and what the protocol adds to a run where Kino is both its ends. */
export async function bench(): Promise<void> {
  await withFolder(async (folder) => {
    const home = join(folder, '.home');
    const started: number[] = [];
    const node: number[] = [];
    for (let i = 0; i < STARTS + 2; i++) {
      const kino = await untilInitialized(home);
      const bare = await runNode(['-e', '0']);
      if (i < 2) continue;
      started.push(kino);
      node.push(bare.wall);
    }
    console.log(
      `  kino acp until it answers initialize ${median(started).toFixed(1)} ms, node -e 0 ${median(node).toFixed(1)} ms (ratio ${(median(started) / median(node)).toFixed(2)}; medians of ${STARTS})`,
    );
    report('start to the answer of initialize', median(started), 'ms', 250);

    const direct: number[] = [];
    const through: number[] = [];
    const onServer = async (args: (model: readonly string[]) => string[], walls: number[]) => {
      const server = await startServer(TURNS);
      const model = ['--model', 'openai-compatible/scripted', '--base-url', `${server.url}/v1`];
      const run = await runNode([KINO, 'run', 'go', ...args([...model, '--mode', 'bypass'])], {
        cwd: folder,
        env: { KINO_HOME: home },
      });
      const served = await server.stop();
      if (served.length !== TURNS) throw new Error(`${served.length} requests came instead of ${TURNS}`);
      walls.push(run.wall);
    };
    const output = ['--output', 'json', '--quiet'];
    for (let i = 0; i < RUNS + 1; i++) {
      await onServer((flags) => [...flags, ...output], direct);
      await onServer((flags) => {
        const agent = [process.execPath, KINO, 'acp', ...flags].map((word) => `'${word}'`).join(' ');
        return ['--agent', `acp:${agent}`, '--mode', 'bypass', ...output];
      }, through);
    }
    // The first pair warms the caches. The machine drifts, so each run is compared with the one beside it.
    const [a, b] = [direct, through].map((walls) => median(walls.slice(1))) as [number, number];
    const ratios = direct.slice(1).map((wall, index) => through[index + 1]! / wall);
    console.log(
      `  ${TURNS} turns: kino run ${Math.round(a)} ms, kino run --agent "acp:kino acp" ${Math.round(b)} ms (medians of ${RUNS}, in turn)`,
    );
    report(`through the protocol over direct, median of ${RUNS} pairs`, median(ratios), 'times', 1.5);
  });
}
