import type { Commit } from '../git/index.ts';

const BOT =
  /\[bot\]|(?:^|[\s._-])(?:dependabot|renovate|greenkeeper|snyk|mergify|imgbot|allcontributors|pre-commit-ci|github-actions?|semantic-release|bors|homu|k8s-ci-robot|pyup|deepsource|crowdin|weblate|transifex|codecov|autofix-ci|release-please|copybara)(?:$|[\s._@-])|(?:^|[\s._-])bot(?:$|[\s@])/i;
const VERSION =
  /^(?:(?:chore|build|ci|release)(?:\([^)]*\))?:\s*)?(?:(?:bump|update|upgrade|set|prepare|cut|tag|new|publish|start)\s+)?(?:(?:the\s+)?(?:package\s+)?(?:version|release|for|to|development|dev|next)\s+)*(?:from\s+)?["'`]?v?\d+\.\d+(?:\.\d+)?[\w.+-]*["'`]?(?:\s+(?:release|released|final|rc\d*|to\s+v?\d\S*))?\.?(?:\s*\(#\d+\))?$|^(?:(?:chore|build|ci|fix)(?:\([^)]*\))?!?:\s*)?(?:bump|upgrade|update)\s+(?:(?:dev(?:elopment)?[- ])?(?:dependenc(?:y|ies)|deps|packages?|lock ?files?|actions?)\b|\S+\s+(?:from\s+\S+\s+)?to\s+v?\d|(?:the\s+)?(?:package\s+)?version\b)|^(?:prepar(?:e|ing)|releas(?:e|ing)|publish|back to|begin|start)\b.{0,30}\b(?:release|development|snapshot|v?\d+\.\d+)|^\[(?:maven-release|release)[^\]]*\]/i;
const REVERT = /^(?:revert(?:ed|s|ing)?\b|reapply\b|back out\b|backed out\b)|^(?:revert)(?:\([^)]*\))?:/i;

/** The first line of a message. */
export function subjectOf({ message }: Pick<Commit, 'message'>): string {
  return message.split('\n', 1)[0]!.trim();
}

/** What is no work of anybody's that could be asked again: made by a bot, a version bump, or taking something back. */
export function routineOf(
  commit: Pick<Commit, 'authorName' | 'authorEmail' | 'message'>,
): { kind: 'bot' | 'version' | 'revert'; detail: string } | undefined {
  const subject = subjectOf(commit);
  if (BOT.test(commit.authorName) || BOT.test(commit.authorEmail))
    return { kind: 'bot', detail: `${commit.authorName} <${commit.authorEmail}>` };
  if (VERSION.test(subject)) return { kind: 'version', detail: subject };
  if (REVERT.test(subject)) return { kind: 'revert', detail: subject };
  return undefined;
}
