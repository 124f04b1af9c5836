import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scrubber } from './scrub.ts';

const SECRETS = {
  'GitHub token': `ghp_${'a1B2'.repeat(9)}`,
  'AWS key': 'AKIAIOSFODNN7EXAMPLE',
  'Anthropic key': `sk-ant-api03-${'xY_9'.repeat(8)}`,
  'OpenAI key': `sk-proj-${'aB3-'.repeat(8)}`,
  'JSON web token': `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${'c'.repeat(20)}`,
  'private key': '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
};

test('what looks like a secret is taken out wherever it stands, and told by kind', () => {
  const around = fc.string({ maxLength: 30 });
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.entries(SECRETS)),
      around,
      around,
      ([kind, secret], before, after) => {
        const scrubber = new Scrubber();
        const text = scrubber.value({ list: [`${before} ${secret} ${after}`], [`${secret} `]: 1 });
        expect(JSON.stringify(text)).not.toContain(secret.split('\n')[0]);
        expect(scrubber.found.map((one) => one.kind)).toContain(kind);
        expect(JSON.stringify(scrubber.found)).not.toContain(secret);
      },
    ),
  );
});

test('values of settings, addresses with passwords and headers', () => {
  const scrub = (text: string) => new Scrubber().text(text);
  expect(scrub('DB_PASSWORD=hunter2hunter2')).toBe('DB_PASSWORD=[scrubbed: value of a secret]');
  expect(scrub('{"api_key": "abcdefgh12345"}')).toBe('{"api_key": "[scrubbed: value of a secret]"}');
  expect(scrub(String.raw`{\"token\":\"abcdefgh12345\"}`)).not.toContain('abcdefgh');
  expect(scrub('postgres://me:s3cret@host/db')).toBe(
    'postgres://me:[scrubbed: password in an address]@host/db',
  );
  expect(scrub('Authorization: Bearer abc.def-123456')).toBe(
    'Authorization: Bearer [scrubbed: authorization]',
  );
});

test('all of a long value goes, all between quotes, and what stands under the name of a secret', () => {
  const scrub = (text: string) => new Scrubber().text(text);
  const long = 'aB3-'.repeat(400);
  expect(scrub(`refresh_token=${long}`)).toBe('refresh_token=[scrubbed: value of a secret]');
  expect(scrub(`postgres://me:${long}@host/db`)).not.toContain('aB3-');
  expect(scrub('password = "p@ss, w0rd-)and more", user = "me"')).toBe(
    'password = "[scrubbed: value of a secret]", user = "me"',
  );
  expect(scrub(String.raw`{\"passphrase\":\"it's mine, all\"}`)).toBe(
    String.raw`{\"passphrase\":\"[scrubbed: value of a secret]\"}`,
  );
  const block = '-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----';
  expect(scrub(`${block} after`)).toBe('[scrubbed: private key] after');
  expect(new Scrubber().value({ client_secret: 'words of mine', token: 'string', tokens: 12345678 })).toEqual(
    {
      client_secret: '[scrubbed: value of a secret]',
      token: 'string',
      tokens: 12345678,
    },
  );
});

test('code that names secrets and holds none stays as it is', () => {
  for (const text of [
    'const password = process.env.PASSWORD;',
    'token: string',
    'apiKey: undefined,',
    'password = "$SECRET_OF_MINE"',
    'https://example.com:8080/path@2',
    'The token is long.',
  ])
    expect(new Scrubber().text(text)).toBe(text);
});

test('what is known to be secret goes whatever it looks like, the longer first', () => {
  const scrubber = new Scrubber([
    { kind: 'DEPLOY_KEY', text: 'correct horse' },
    { kind: 'OTHER', text: 'correct horse battery' },
    { kind: 'home folder', text: '/home/me', instead: '~' },
  ]);
  expect(scrubber.text('in /home/me/x: correct horse battery, correct horse')).toBe(
    'in ~/x: [scrubbed: OTHER], [scrubbed: DEPLOY_KEY]',
  );
  expect(scrubber.found).toContainEqual({ kind: 'home folder', hint: '/home/me', count: 1 });
});

test('what is made to take long is done as well', () => {
  const scrubber = new Scrubber();
  for (const text of [
    'a:'.repeat(50_000),
    'password='.repeat(20_000),
    'eyJ'.repeat(30_000),
    'eyJ-'.repeat(30_000),
    'AKIA-'.repeat(30_000),
    'glpat-xoxb-sk-'.repeat(10_000),
    `a://${'b'.repeat(200_000)}`,
    `a://b:${'c'.repeat(200_000)}`,
    'a://b:'.repeat(40_000),
    'password="'.repeat(20_000),
    "token='a".repeat(20_000),
    `secret="${'\\'.repeat(200_000)}`,
    'private_key'.repeat(20_000),
    `token ${' '.repeat(200_000)}`,
    'authorization: bearer '.repeat(10_000),
    '-----BEGIN PRIVATE KEY-----'.repeat(8_000),
  ])
    scrubber.text(text);
  expect(scrubber.text('done')).toBe('done');
});
