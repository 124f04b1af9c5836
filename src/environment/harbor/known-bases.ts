/** What a machine has. */
export interface Host {
  /** What /etc/os-release says, as `osOf` reads it, such as "debian 12"; anything else stands for nothing. */
  os: string;
  /** Versions by name of the program, such as `python3: "3.11.7"`, or `"python3.12": "3.12.1"` beside it. */
  programs: Readonly<Record<string, string>>;
}

export type StandIn =
  /** The host's programs that the image promises under its own names. */
  { ok: true; needs: string[] } | { ok: false; why: string };

/** Programs that an image brings: one of `programs` has to be there in the image's version. */
interface Toolchain {
  programs(version: string): string[];
  /** The numbers of a version that must be equal; the others do not tell programs apart. */
  exact: number;
  /** A later version does whatever an earlier one does, by the word of its makers. */
  orLater?: true;
  also?: string[];
}

const PYTHON: Toolchain = {
  exact: 2,
  programs: (version) => [`python${version.split('.', 2).join('.')}`, 'python3', 'python'],
};

const TOOLCHAINS: Readonly<Record<string, Toolchain>> = {
  python: PYTHON,
  node: { exact: 1, programs: () => ['node'], also: ['npm'] },
  golang: { exact: 1, orLater: true, programs: () => ['go'] },
  rust: { exact: 1, orLater: true, programs: () => ['rustc'], also: ['cargo'] },
  ruby: { exact: 2, programs: () => ['ruby'] },
  gcc: { exact: 1, programs: (version) => [`gcc-${version.split('.', 1)}`, 'gcc'] },
  openjdk: { exact: 1, programs: () => ['java'], also: ['javac'] },
  'eclipse-temurin': { exact: 1, programs: () => ['java'], also: ['javac'] },
};

/** Systems whose images a host of the same kind stands for, whatever the release. */
const SYSTEMS = new Set(['ubuntu', 'debian', 'buildpack-deps']);

/** What a tag may say beside a version. */
const VERSIONLESS = new Set(['latest', 'slim', 'bullseye', 'bookworm', 'trixie', 'jammy', 'noble']);

const REGISTRIES = /^(?:(?:registry-1\.|index\.)?docker\.io|public\.ecr\.aws\/docker|mirror\.gcr\.io)\//;
/** The images that the tasks of Terminal-Bench are built on. */
const TERMINAL_BENCH =
  /^ghcr\.io\/(?:laude-institute|harbor-framework)\/t-bench\/(ubuntu|python)-(\d+)-(\d+)$/;

/**
 * Whether a Linux host can stand for a base image: the same kind of system, and the program that the image is for in
 * the version that it names. Nothing is asked of the machine here.
 *
 * @param image as FROM names it, variables filled in
 */
export function standIn(image: string, host: Host): StandIn {
  const { name, tag, version } = nameOf(image);
  const kinds = host.os.split(' ');
  if (name === 'scratch') return no('it is empty, and has not even a shell');
  if (name === 'alpine' || /(?:^|-)alpine/.test(tag)) {
    return kinds.includes('alpine') && name === 'alpine'
      ? { ok: true, needs: [] }
      : no('it is an Alpine, whose programs are built for another C library (musl)');
  }
  if (/windows|nanoserver/.test(tag)) return no('it is a Windows');
  const toolchain = Object.hasOwn(TOOLCHAINS, name) ? TOOLCHAINS[name] : undefined;
  if (toolchain === undefined && !SYSTEMS.has(name)) return no(`nothing is known of the image ${image}`);
  if (!kinds.includes('debian') && !kinds.includes('ubuntu')) {
    return no(`it is made of Debian or Ubuntu, and this machine has ${host.os || 'another system'}`);
  }
  if (toolchain === undefined) return { ok: true, needs: [] };
  return withToolchain(name, version, toolchain, host.programs);
}

/** The system of an /etc/os-release: its name and release, and the names of those that it descends from. */
export function osOf(osRelease: string): string {
  const values = new Map(
    osRelease.split('\n').map((line) => {
      const [key = '', ...value] = line.trim().split('=');
      return [key, value.join('=').replace(/^["']|["']$/g, '')] as const;
    }),
  );
  const words = [values.get('ID'), values.get('VERSION_ID'), values.get('ID_LIKE')];
  return words.filter(Boolean).join(' ').toLowerCase();
}

function withToolchain(
  name: string,
  version: string | undefined,
  { programs, exact, orLater, also = [] }: Toolchain,
  installed: Host['programs'],
): StandIn {
  if (version === undefined) return no(`the tag names no version of ${name}`);
  const candidates = programs(version).filter((program) => Object.hasOwn(installed, program));
  const found = candidates.find((program) => fits(installed[program]!, version, exact, orLater ?? false));
  if (found === undefined) {
    const here = candidates.map((program) => `${program} ${installed[program]}`).join(', ');
    return no(`it needs ${name} ${version || 'of any version'}, and this machine has ${here || 'none'}`);
  }
  const missing = also.find((program) => !Object.hasOwn(installed, program));
  return missing === undefined ? { ok: true, needs: [found, ...also] } : no(`it needs ${missing} as well`);
}

/** Numbers that the image leaves out are free: python:3 is any Python 3, and `latest` is any. */
function fits(installed: string, wanted: string, exact: number, orLater: boolean): boolean {
  const numbers = (version: string) => /\d+(?:\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
  const have = numbers(installed);
  const want = numbers(wanted);
  if (have.length === 0) return false;
  if (!want.slice(0, exact).every((number, index) => have[index] === number)) return false;
  if (!orLater) return true;
  const differs = want.slice(0, 2).findIndex((number, index) => (have[index] ?? 0) !== number);
  return differs < 0 || (have[differs] ?? 0) > want[differs]!;
}

/** The version is empty for `latest`, and undefined where only a digest or a code name says which. */
function nameOf(image: string): { name: string; tag: string; version: string | undefined } {
  const [reference = '', digest] = image.trim().toLowerCase().split('@', 2);
  const slash = reference.lastIndexOf('/');
  const colon = reference.indexOf(':', slash + 1);
  const repository = colon < 0 ? reference : reference.slice(0, colon);
  const tag = colon < 0 ? '' : reference.slice(colon + 1);
  const [, kind, major, minor] = TERMINAL_BENCH.exec(repository) ?? [];
  if (kind !== undefined) return { name: kind, tag, version: `${major}.${minor}` };
  const name = repository.replace(REGISTRIES, '').replace(/^library\//, '');
  const number = /^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1];
  const newest = tag === '' ? digest === undefined : tag.split('-').every((word) => VERSIONLESS.has(word));
  return { name, tag, version: number ?? (newest ? '' : undefined) };
}

function no(why: string): StandIn {
  return { ok: false, why };
}
