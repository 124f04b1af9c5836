import { openSandbox } from '../src/sandbox/index.ts';
import { median, report, withFolder } from './support/measure.ts';

/** A command under bubblewrap against the same command on the host, in turn. */
export async function bench(): Promise<void> {
  await withFolder(async (root) => {
    const bubblewrap = await openSandbox('workspace-write', { root });
    const host = await openSandbox('danger-full-access', { root });
    const inside: number[] = [];
    const outside: number[] = [];
    for (let i = 0; i < 55; i++) {
      const a = await bubblewrap.exec(['true']);
      const b = await host.exec(['true']);
      if (i < 5) continue;
      inside.push(a.durationMs);
      outside.push(b.durationMs);
    }
    await host.dispose();
    await bubblewrap.dispose();
    console.log(
      `  bubblewrap ${median(inside).toFixed(1)} ms, host ${median(outside).toFixed(1)} ms (medians of 50)`,
    );
    report('bubblewrap over plain spawn', median(inside) - median(outside), 'ms', 15);
    console.log(`       ratio ${(median(inside) / median(outside)).toFixed(2)}`);
  });
}
