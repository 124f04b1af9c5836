export {
  type Budget,
  type Config,
  ConfigError,
  loadConfig,
  type Price,
  type ProviderConfig,
} from './config.ts';
export { readFrontMatter } from './front-matter.ts';
export { kinoHome } from './home.ts';
