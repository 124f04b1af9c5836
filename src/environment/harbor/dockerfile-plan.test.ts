import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnsupportedInstructionError } from './dockerfile-error.ts';
import { planDockerfile } from './dockerfile-plan.ts';

const steps = (body: string) => planDockerfile(`FROM a\n${body}`).steps;

test('a plan has the base, the steps in order, and what a container starts with', () => {
  const plan = planDockerfile(
    `ARG VERSION=3.11
FROM --platform=linux/amd64 python:\${VERSION}-slim AS base
LABEL a=b "c d"='e f'
MAINTAINER me
ENV APP=/app MODE="very \${APP:-unset}" OLD=$PATH
ENV NAME old form  of "it"
ARG EXTRA=x
WORKDIR $APP
WORKDIR sub
COPY --chown=1000:1000 --chmod=755 requirements.txt *.cfg ./
RUN pip install -r requirements.txt && echo $EXTRA
USER nobody
RUN ["echo", "$EXTRA"]
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN a | b
EXPOSE 80 443/tcp
VOLUME /data "more"
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD true
ONBUILD RUN x
CMD serve $APP
ENTRYPOINT ["/entry"]
`,
    { buildArgs: { VERSION: '3.12', UNDECLARED: 'y' } },
  );
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const env = { PATH, APP: '/app', MODE: 'very unset', OLD: PATH, NAME: 'old form  of it' };
  expect(plan).toEqual({
    base: 'python:3.12-slim',
    platform: 'linux/amd64',
    env,
    workdir: '/app/sub',
    user: 'nobody',
    shell: ['/bin/bash', '-o', 'pipefail', '-c'],
    cmd: ['/bin/bash', '-o', 'pipefail', '-c', 'serve $APP'],
    entrypoint: ['/entry'],
    labels: { a: 'b', 'c d': 'e f' },
    exposed: ['80', '443/tcp'],
    volumes: ['/data', '/more'],
    stopSignal: 'SIGINT',
    notes: [
      'line 4: MAINTAINER has no effect',
      'line 19: HEALTHCHECK has no effect',
      'line 20: ONBUILD has no effect',
    ],
    steps: [
      { kind: 'folder', line: 8, text: 'WORKDIR $APP', path: '/app', user: 'root' },
      { kind: 'folder', line: 9, text: 'WORKDIR sub', path: '/app/sub', user: 'root' },
      {
        ...{ kind: 'copy', line: 10, sources: ['requirements.txt', '*.cfg'], destination: '/app/sub' },
        text: 'COPY --chown=1000:1000 --chmod=755 requirements.txt *.cfg ./',
        ...{ intoFolder: true, chown: '1000:1000', chmod: '755', inline: [], exclude: [], unpack: false },
        workdir: '/app/sub',
      },
      {
        ...{ kind: 'run', line: 11, text: 'RUN pip install -r requirements.txt && echo $EXTRA' },
        argv: ['/bin/sh', '-c', 'pip install -r requirements.txt && echo $EXTRA'],
        ...{ env: { ...env, EXTRA: 'x' }, workdir: '/app/sub', user: 'root' },
      },
      expect.objectContaining({ kind: 'run', line: 13, argv: ['echo', '$EXTRA'], user: 'nobody' }),
      expect.objectContaining({ line: 15, argv: ['/bin/bash', '-o', 'pipefail', '-c', 'a | b'] }),
      expect.objectContaining({ kind: 'folder', line: 17, path: '/data' }),
      expect.objectContaining({ kind: 'folder', line: 17, path: '/more' }),
    ],
  });
});

test('ARG: what is given wins over what is written, one before FROM is seen after it only where it is named', () => {
  const text = `ARG A=1\nARG B=$A-2\nFROM x:$B\nARG B\nARG C=$A\nARG D=own\nENV D=env\nARG E=$D\nRUN x`;
  const [run] = planDockerfile(text, { buildArgs: { D: 'given' } }).steps;
  expect(planDockerfile(text).base).toBe('x:1-2');
  expect(run).toMatchObject({ env: { B: '1-2', C: '', D: 'env', E: 'env' } });
  expect(run).not.toHaveProperty('env.A');
  const plan = planDockerfile('FROM a\nARG TARGETARCH\nENV ARCH=$TARGETARCH', { platform: 'linux/arm64' });
  expect(plan.env).toMatchObject({ ARCH: 'arm64' });
  expect(plan.env).not.toHaveProperty('TARGETARCH');
});

test('ENV fills in what was set before the instruction', () => {
  expect(planDockerfile('FROM a\nENV a=1\nENV a=2 b=$a\nENV c=$a').env).toMatchObject({
    a: '2',
    b: '1',
    c: '2',
  });
  expect(planDockerfile('FROM a\nENV P=$PATH', { baseEnv: { PATH: '/x' } }).env).toEqual({
    PATH: '/x',
    P: '/x',
  });
});

test('heredocs: a script for the shell, a program of its own, more for the shell to read, and files', () => {
  const [shell, program, python, copy] = steps(`RUN <<EOF
a
 b $X
EOF
RUN <<-"EOF"
	#!/usr/bin/env python3
	print(1)
	EOF
RUN python3 - <<'A' && cat <<B
1
A
2
B
ENV X=x
COPY --chmod=u+x <<a.txt <<"b.txt" plain /to/
$X \\$X "q"
a.txt
$X
b.txt
`);
  expect(shell).toMatchObject({ line: 2, argv: ['/bin/sh', '-c', 'a\n b $X\n'] });
  expect(program).toMatchObject({ argv: [], script: '#!/usr/bin/env python3\nprint(1)\n' });
  expect(python).toMatchObject({ argv: ['/bin/sh', '-c', "python3 - <<'A' && cat <<B\n1\nA\n2\nB"] });
  expect(copy).toMatchObject({
    sources: ['plain'],
    inline: [
      { name: 'a.txt', content: 'x $X "q"\n' },
      { name: 'b.txt', content: '$X\n' },
    ],
  });
});

test.each([
  ['COPY a b', ['a'], '/b', false],
  ['COPY a b/', ['a'], '/b', true],
  ['COPY . .', ['.'], '/', true],
  ['COPY a .', ['a'], '/', true],
  ['COPY a /x/.', ['a'], '/x', true],
  ['COPY a b /x', ['a', 'b'], '/x', false],
  ['COPY ["a b", "c d/"]', ['a b'], '/c d', true],
  ['COPY /a/ ./b/../c /x/', ['a', 'c'], '/x', true],
  ['COPY ../../etc/passwd ../../x', ['etc/passwd'], '/x', false],
  ['ADD a.tar.gz /x', ['a.tar.gz'], '/x', false],
  [`ENV D=/d\nCOPY $D/a \${D}`, ['d/a'], '/d', false],
])('%j copies %j to %s', (text, sources, destination, intoFolder) => {
  expect(steps(text).at(-1)).toMatchObject({
    sources,
    destination,
    intoFolder,
    unpack: text.startsWith('ADD'),
  });
});

test('flags that change nothing are passed over, and the network of a command can be none', () => {
  expect(steps('COPY --link --exclude=*.md --exclude=b a b')[0]).toMatchObject({ exclude: ['*.md', 'b'] });
  expect(steps('ADD --unpack=false a.tar b')[0]).toMatchObject({ unpack: false });
  const plan = planDockerfile('FROM a\nRUN --network=none --security=sandbox --mount=type=cache,target=/c x');
  expect(plan.steps[0]).toMatchObject({ argv: ['/bin/sh', '-c', 'x'], network: 'none' });
  expect(plan.notes).toEqual(['line 2: the mount of a cache is left out']);
});

test('stages that the last one is based on are its beginning; others are not needed', () => {
  const plan = planDockerfile(`FROM a AS One
ENV X=1
CMD old
FROM b AS unused
COPY --from=One /x /y
FROM one
ENTRYPOINT ["e"]
RUN echo $X`);
  expect(plan).toMatchObject({
    base: 'a',
    env: { X: '1' },
    entrypoint: ['e'],
    notes: ['line 4: the stage is not needed'],
  });
  expect(plan).not.toHaveProperty('cmd');
  expect(plan.steps.map(({ line }) => line)).toEqual([8]);
});

test('CMD and ENTRYPOINT can be taken away again', () => {
  const plan = planDockerfile('FROM a\nCMD x\nENTRYPOINT y\nCMD []\nENTRYPOINT []');
  expect(plan).not.toHaveProperty('cmd');
  expect(plan).not.toHaveProperty('entrypoint');
});

test.each([
  ['RUN x', 1, /before any FROM/],
  ['ARG A=1', 1, /before any FROM/],
  ['FROM', 1, /names no image/],
  ['FROM $NONE', 1, /names no image/],
  ['FROM a b', 1, /FROM image AS name/],
  ['FROM a AS', 1, /FROM image AS name/],
  ['FROM --x=y a', 1, /--x/],
  ['FROM a AS x\nFROM b\nCOPY --from=x a b', 3, /another stage/],
  ['FROM a\nCOPY --from=img a b', 2, /another stage or image/],
  ['FROM a\nCOPY --parents a b', 2, /--parents/],
  ['FROM a\nCOPY a', 2, /source and a destination/],
  ['FROM a\nCOPY a <<EOF\nEOF', 2, /heredoc for a destination/],
  ['FROM a\nCOPY --chmod=u+q a b', 2, /mode/],
  ['FROM a\nADD https://x/y /z', 2, /from elsewhere/],
  ['FROM a\nADD git@github.com:a/b.git /z', 2, /from elsewhere/],
  ['FROM a\nENV U=http://x\nADD $U /z', 3, /from elsewhere/],
  ['FROM a\nADD --checksum=sha256:a b /z', 2, /--checksum/],
  ['FROM a\nRUN --mount=type=secret,id=x y', 2, /secret/],
  ['FROM a\nRUN --mount=target=/x y', 2, /bind/],
  ['FROM a\nRUN --network=host y', 2, /--network=host/],
  ['FROM a\nRUN --security=insecure y', 2, /insecure/],
  ['FROM a\nRUN', 2, /needs a command/],
  ['FROM a\nRUN []', 2, /needs a command/],
  ['FROM a\nENV A', 2, /name and a value/],
  ['FROM a\nENV A=1 B', 2, /no "="/],
  ['FROM a\nENV =1', 2, /without a name/],
  ['FROM a\nARG', 2, /needs a value/],
  ['FROM a\nARG =1', 2, /without a name/],
  ['FROM a\nWORKDIR', 2, /needs a value/],
  ['FROM a\nWORKDIR "x', 2, /nothing closes/],
  ['FROM a\nSHELL bash', 2, /JSON/],
  ['FROM a\nUSER --x y', 2, /--x/],
  ['FROM a\nEXPOSE', 2, /needs a value/],
  ['FROM a\nCOPY <<../x /y\n../x', 2, /name of a file/],
  [
    `FROM a\nENV ${Array.from({ length: 1001 }, (_, i) => `A${i}=`).join(' ')}`,
    2,
    /more than 1000 variables/,
  ],
  [`FROM a\nENV A=${'x'.repeat(100_000)}\nEXPOSE ${'$A '.repeat(1000)}`, 3, /characters of the file/],
  [`FROM a\n${'RUN x\n'.repeat(1001)}`, 1001, /more than 1000/],
  [
    `FROM a\nENV A0=${'x'.repeat(1000)}\n${Array.from({ length: 20 }, (_, i) => `ENV A${i + 1}=$A${i}$A${i}\n`).join('')}`,
    10,
    /from variables/,
  ],
])('what cannot be done is refused by its line: case %#', (text, line, message) => {
  const planning = () => planDockerfile(text);
  expect(planning).toThrow(UnsupportedInstructionError);
  expect(planning).toThrow(message);
  expect(planning).toThrow(expect.objectContaining({ line }));
});

test('whatever a file says, it is planned or refused by name, and no copy leaves its context', () => {
  const name = fc.constantFrom(
    'FROM',
    'RUN',
    'COPY',
    'ADD',
    'ENV',
    'ARG',
    'WORKDIR',
    'USER',
    'VOLUME',
    'CMD',
    'LABEL',
  );
  const word = fc.constantFrom(
    'a',
    '../..',
    '/',
    '$X',
    `\${X:-/..}`,
    'X=..',
    '"',
    '["a","b"]',
    '--from=a',
    '<<E',
    '.',
    '',
  );
  const line = fc.tuple(
    name,
    fc.array(fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const text = `FROM x\n${lines.map(([one, words]) => `${one} ${words.join(' ')}`).join('\n')}\nE\n`;
      try {
        for (const step of planDockerfile(text.replace(/\nE\n$/, '\n')).steps) {
          const paths =
            step.kind === 'copy' ? [step.destination, ...step.sources.map((one) => `/${one}`)] : [];
          if (step.kind === 'folder') paths.push(step.path);
          for (const path of paths) expect(path).toMatch(/^\/(?!\/)/);
          for (const path of paths) expect(path.split('/')).not.toContain('..');
        }
      } catch (error) {
        expect(error).toBeInstanceOf(UnsupportedInstructionError);
      }
    }),
    { numRuns: 1000 },
  );
});
