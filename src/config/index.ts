export {
  type Budget,
  type Config,
  type HookConfig,
  loadConfig,
  loadProjectConfig,
  type Price,
  type ProjectConfig,
  type ProviderConfig,
  type WorktreeConfig,
} from './config.ts';
export { readFrontMatter } from './front-matter.ts';
export { kinoHome } from './home.ts';
export { ConfigError } from './json-file.ts';
export { type Fact, factsFor, forgetFact, keepFact } from './memory.ts';
export { readRegular } from './read-regular.ts';
export { forgetRules, type RememberedRule, rememberedRules, rememberRules } from './remembered-rules.ts';
export { forgetTrust, type Trust, trustedFolders, trustFolder, trustOf } from './trust.ts';
export { version } from './version.ts';
export {
  forgetWorktree,
  listWorktrees,
  registerWorktree,
  type Worktree,
} from './worktree-registry.ts';
