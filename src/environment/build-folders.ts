import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Overlay, overlayProblem } from '../sandbox/index.ts';
import { type Place, removeFolder, scratchFolder } from './place.ts';
import { copyBuild, type PreparedSetup } from './setups.ts';

/** What one run builds upon. */
export interface BuildFolder {
  /** Holds what the run has built; with an overlay nothing else. */
  folder: string;
  /** How a jail shows it; without it the folder itself is shown. */
  overlay?: Overlay;
  /** Keeps what was built for the next run of the same tree. */
  keep(): Promise<void>;
}

/**
 * Build folders of test runs, and what they leave for later runs of the same tree: over that of the set-up in layers where the system can, otherwise a copy of it
 * each.
 */
export class BuildFolders {
  readonly #place: Place;
  /** Layers that earlier runs have left, by tree and set-up. */
  readonly #kept = new Map<string, string>();

  constructor(place: Place) {
    this.#place = place;
  }

  /**
   * @param scratch the run's own folder
   * @param target where the jail has it
   */
  async open(tree: string, setup: PreparedSetup, scratch: string, target: string): Promise<BuildFolder> {
    const folder = join(scratch, 'build');
    if (setup.build === undefined || (await overlayProblem(dirname(scratch))) !== undefined) {
      await copyBuild(setup, folder);
      return { folder, keep: async () => {} };
    }
    const key = `${tree} ${setup.key}`;
    const before = this.#kept.get(key);
    const lowers = [setup.build, ...(before === undefined ? [] : [before])];
    return {
      folder,
      overlay: { target, lowers, upper: folder, scratch: join(scratch, 'overlay') },
      keep: async () => {
        if (this.#kept.has(key)) return;
        const kept = await scratchFolder(this.#place);
        this.#kept.set(key, kept);
        await rename(folder, kept);
      },
    };
  }

  /** Removes what was kept; no run may be under way. */
  async dispose(): Promise<void> {
    for (const folder of this.#kept.values()) await removeFolder(folder);
    this.#kept.clear();
  }
}
