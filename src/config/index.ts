export {
  type Budget,
  type Config,
  ConfigError,
  loadConfig,
  type Price,
  type ProviderConfig,
} from './config.ts';
export { kinoHome } from './home.ts';
