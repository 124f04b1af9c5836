/** What a Chromium of tests and benches is started with: no sandbox of its own (it may be root), no traffic of its own. */
export const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];
