/** Variables that commands may see. Everything else, keys and tokens above all, stays out. */
const PASSED = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'USER',
  'LOGNAME',
  'SHELL',
  'JAVA_HOME',
  'GOROOT',
];

/**
 * The environment of a sandboxed command.
 *
 * @param extra names of further variables that the person lets in
 */
export function passedEnvironment(extra: readonly string[] = []): Record<string, string> {
  const env: Record<string, string> = {
    TERM: 'dumb',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
  };
  for (const name of [...PASSED, ...extra]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  env.PATH ??= '/usr/local/bin:/usr/bin:/bin';
  return env;
}
