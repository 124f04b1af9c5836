import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandsOf } from './command-line.ts';
import { filesLookedAt, isReadOnly, wanders } from './read-only.ts';

const looks = (line: string) => isReadOnly(commandsOf(line)[0]!.words);

test.each([
  'cat a',
  '/bin/cat a',
  'ls -la $x',
  'date -u +%s',
  'date -Iseconds',
  'diff -u a b',
  'file a',
  'find . -name "*.ts" -printf "%p"',
  'grep -rnE "a|b" src',
  'head -c 5 a',
  'printf \'%s\\n\' "$x"',
  'rg -uu --json x',
  'sort -t, -k2,2n a',
  'tail -n +5 a',
  'tree -L 2',
  'uniq -c',
  'uniq -c a',
  'wc -l $x',
  'command -v node',
  '[ -n x ]',
  'git',
  'git status --short',
  'git -P log -p --follow --format=%h',
  'git diff --stat --exit-code main...HEAD -- src',
  'git branch -vv --sort=-committerdate',
  'git branch --show-current',
  'git cat-file -p HEAD:a',
  'git remote -v',
  'git grep -n --untracked x',
])('%s only looks', (line) => {
  expect(looks(line)).toBe(line !== 'git');
});

test.each([
  'tac',
  'npm test',
  './cat a',
  '/tmp/bin/cat a',
  'constructor',
  'toString x',
  'date -s now',
  'date -us now',
  'date --se=now',
  'date 01010000',
  'diff -l a b',
  'file -C -m a',
  'file -bz a',
  'find . $x',
  'find . -fprintf a x',
  'find . -okdir a',
  'printf -v x y',
  'printf $x y',
  'rg --pre=a x',
  'rg --hostname-bin a x',
  'rg $x y',
  'sort -no a',
  'sort --temp=a',
  'sort $x',
  'tail -f a',
  'tail -n5F a',
  'tail --retry a',
  'tree -o a',
  'tree -aR',
  'uniq a b',
  'uniq - b',
  'uniq -- a -b',
  'uniq $x',
  'command a',
  'command -p a',
  '[ -v x ]',
  '[ $x ]',
  'git push',
  'git stash',
  'git stash list',
  'git -C a status',
  'git -c a=b status',
  'git --paginate log',
  'git branch new',
  'git branch -D a',
  'git branch --list -D a',
  'git remote -v update',
  'git tag a',
  'git diff --output=a',
  'git diff --ext-diff',
  'git diff $x',
  'git log -O a',
  'git log --show-signature',
  'git grep --open-files-in-pager=a x',
  'git cat-file --filters HEAD:a',
  'git cat-file --batch',
  'git hasOwnProperty',
])('%s may do more than look', (line) => {
  expect(looks(line)).toBe(false);
});

test('a program that only looks does so wherever its words stand', () => {
  const word = fc.constantFrom(
    'a',
    '-n',
    '--out=x',
    '-o',
    '-ox',
    '--pre',
    '-f',
    '-delete',
    '--ext-diff',
    undefined,
  );
  const program = fc.constantFrom(['sort'], ['rg'], ['find'], ['tail'], ['git', 'diff'], ['tree']);
  fc.assert(
    fc.property(program, fc.array(word), word, fc.nat(9), (name, words, added, at) => {
      const more = words.toSpliced(at, 0, added);
      // Another word never makes a program harmless that was not.
      if (isReadOnly([...name, ...more])) expect(isReadOnly([...name, ...words])).toBe(true);
    }),
  );
});

test('the files of a program are its words, but for what it looks for and what it only says', () => {
  const files = (line: string) => filesLookedAt(commandsOf(line)[0]!.words);
  expect(files('cat -n a b')).toEqual(['-n', 'a', 'b']);
  expect(files('grep -n /a b c')).toEqual(['-n', 'b', 'c']);
  expect(files('grep -ne /a /b')).toEqual(['-ne', '/a', '/b']);
  expect(files('grep --file /a /b')).toEqual(['--file', '/a', '/b']);
  expect(files('rg --files /a')).toEqual(['--files', '/a']);
  expect(files('echo /a $x')).toEqual([]);
});

test('programs that follow lists and links are known', () => {
  for (const line of [
    'wc --files0-from=a',
    'grep -nR a',
    'rg -nL a',
    'find -L a',
    'diff -ur a b',
    'tree -al',
  ])
    expect(wanders(commandsOf(line)[0]!.words), line).toBe(true);
  for (const line of ['wc -l a', 'grep -rn a b', 'find a', 'diff -u a b', 'cat a'])
    expect(wanders(commandsOf(line)[0]!.words), line).toBe(false);
});
