// Runs Jest with options that programs under test do not see in `process.argv`: with one file, or in band, Jest runs
// them in its own process. KINO_JEST has all options, and those that the repository's own command gives.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const { all, own } = JSON.parse(process.env.KINO_JEST);
delete process.env.KINO_JEST;
process.env.NODE_ENV ??= 'test';
const bin = join(process.cwd(), 'node_modules', '.bin', 'jest');
process.argv = [process.argv[0], bin, ...own];
createRequire(join(process.cwd(), 'package.json'))('jest').run(all);
