/** What reaches the network through a company's or a machine's own certificates and mirrors. */
const PASSED = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'CARGO_HTTP_CAINFO',
  'GOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'npm_config_registry',
];

/** The variables of this process that programs need to reach package registries. No secret is among them. */
export function networkEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of PASSED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
