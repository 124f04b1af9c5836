/** Tools that check, format, measure or publish: no test needs them, and each makes a set-up of its own. */
const NO_TEST_NEEDS =
  /^(?:@?(?:eslint|typescript-eslint|xo|prettier|stylelint|standard|tslint|jshint|jscs|commitlint|semantic-release|changesets|release-it|np|husky|lint-staged|benchmark|microbench|tinybench|mitata|size-limit|bundlesize|nyc|c8|codecov|coveralls|typedoc|jsdoc|documentation|del-cli|auto-changelog|conventional-changelog|pre-commit|publint|knip|oxlint|biomejs)(?:$|[-/]))|(?:^|\/)eslint-(?:config|plugin)|-eslint$/;

/** Whether a development dependency is left out where no lockfile says what exactly is installed. */
export function isBesideTests(name: string): boolean {
  return NO_TEST_NEEDS.test(name);
}

/** The end of the day of a commit, as registries want it: what came out later is not installed. */
export function dayAfter(time: number): string {
  return new Date((time + 24 * 60 * 60) * 1000).toISOString().slice(0, 10);
}
