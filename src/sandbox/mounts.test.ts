import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository } from '../../test/support/repository.ts';
import { temporaryFolder } from '../../test/support/temporary.ts';
import { openSandbox } from './index.ts';

type Options = Omit<Parameters<typeof openSandbox>[1], 'root'>;

/** Runs a script in a sandbox of its own. */
async function bash(root: string, options: Options, script: string) {
  const sandbox = await openSandbox('workspace-write', { root, ...options });
  onTestFinished(() => sandbox.dispose());
  return sandbox.exec(['bash', '-c', script]);
}

/** A folder with a secret, which the sandbox hides because temporary folders are. */
function secretFolder(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'secret'), 'SECRET\n');
  return folder;
}

test('what is denied writing can be read and not changed, replaced or taken away', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'kept'));
  writeFileSync(join(root, 'kept', 'x'), 'x\n');
  writeFileSync(join(root, 'file'), 'file\n');
  const { output } = await bash(
    root,
    { denyWrite: [join(root, 'kept'), join(root, 'file'), join(root, 'not there')] },
    `{ echo y > kept/x; touch kept/new; rm -rf kept; mv kept gone; echo y > file; rm -f file
       echo z > other; mv other file; ln -sf /dev/null file; } 2> /dev/null
     cat kept/x file; touch fine && ls`,
  );
  expect(output).toBe('x\nfile\nfile\nfine\nkept\nother\n');
  expect(readFileSync(join(root, 'kept', 'x'), 'utf8')).toBe('x\n');
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('file\n');
});

test('a link in the workspace that is denied writing does not show what it leads to', async () => {
  const root = temporaryFolder();
  const outside = secretFolder();
  symlinkSync(outside, join(root, '.vscode'));
  symlinkSync(join(outside, 'secret'), join(root, '.envrc'));
  const { output, exitCode } = await bash(
    root,
    { denyWrite: [join(root, '.vscode'), join(root, '.envrc'), outside] },
    `cat .vscode/secret .envrc '${outside}/secret'`,
  );
  expect(exitCode).not.toBe(0);
  expect(output).not.toContain('SECRET');
});

test('a repository that is moved takes what is denied with it', async () => {
  const { path } = createRepository([{ message: 'one', files: { a: 'a' } }]);
  mkdirSync(join(path, '.git', 'hooks'), { recursive: true });
  const config = readFileSync(join(path, '.git', 'config'), 'utf8');
  const hooks = readdirSync(join(path, '.git', 'hooks'));
  const denyWrite = [join(path, '.git', 'config'), join(path, '.git', 'hooks')];
  const { output } = await bash(
    path,
    { denyWrite },
    `{ mv .git x; mkdir .git; cp -r x/. .git; rm -rf .git; printf '[core]\\n\\tfsmonitor = evil\\n' > .git/config
       mv .git/config .git/old; touch .git/hooks/pre-commit; mv .git/hooks .git/h; } 2> /dev/null
     ls -A; test -e .git/hooks/pre-commit || echo none`,
  );
  expect(output).toMatch(/none\n$/);
  expect(readFileSync(join(path, '.git', 'config'), 'utf8')).toBe(config);
  expect(readdirSync(join(path, '.git', 'hooks'))).toEqual(hooks);
});

test('every folder on the way to what is denied stays where it is', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'a/b/c'), { recursive: true });
  writeFileSync(join(root, 'a/b/c/kept'), 'kept\n');
  const { output } = await bash(
    root,
    { denyWrite: [join(root, 'a/b/c/kept')] },
    `for moved in a/b/c/kept a/b/c a/b a; do mv $moved x; mkdir -p a/b/c; echo evil > a/b/c/kept; rm -rf x; done 2> /dev/null
     cat a/b/c/kept; touch a/b/fine && echo ok`,
  );
  expect(output).toBe('kept\nok\n');
  expect(readFileSync(join(root, 'a/b/c/kept'), 'utf8')).toBe('kept\n');
  expect(existsSync(join(root, 'a/b/fine'))).toBe(true);
});

test('the repository of a worktree is writable but for its configuration', async () => {
  const root = temporaryFolder();
  const { path } = createRepository([{ message: 'one', files: { a: 'a' } }]);
  const shared = join(path, '.git');
  const config = readFileSync(join(shared, 'config'), 'utf8');
  const { output } = await bash(
    root,
    { allowWrite: [shared], denyWrite: [join(shared, 'config')] },
    `touch '${shared}/fine' && echo ok; { echo evil > '${shared}/config'; mv '${shared}' '${shared}x'; } 2> /dev/null
     cat '${shared}/config'; ls '${path}'`,
  );
  // The folder around it is hidden but for what is allowed.
  expect(output).toBe(`ok\n${config}`);
  expect(readFileSync(join(shared, 'config'), 'utf8')).toBe(config);
  expect(existsSync(join(shared, 'fine'))).toBe(true);
});

test('what is denied reading is empty, by its name and through a link, and cannot be moved out of the way', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'keys'));
  writeFileSync(join(root, 'keys', 'id'), 'SECRET');
  mkdirSync(join(root, 'sub'));
  writeFileSync(join(root, 'sub', '.env'), 'SECRET');
  symlinkSync('sub/.env', join(root, 'link'));
  const { output } = await bash(
    root,
    { denyRead: [join(root, 'keys'), join(root, 'sub', '.env'), join(root, 'not there')] },
    `{ mv sub x; mv keys y; mv sub/.env z; ln sub/.env hard; echo y > sub/.env; rm -f sub/.env; } 2> /dev/null
     cat sub/.env link 2> /dev/null; ls -A keys; ls -A; grep -rs SECRET . || echo none`,
  );
  expect(output).toBe('keys\nlink\nsub\nnone\n');
  expect(readFileSync(join(root, 'sub', '.env'), 'utf8')).toBe('SECRET');
  expect(readdirSync(join(root, 'keys'))).toEqual(['id']);
});

test('what is allowed reading is shown and not writable, but for what is denied in it', async () => {
  const root = temporaryFolder();
  const outside = secretFolder();
  writeFileSync(join(outside, 'other'), 'other\n');
  const { output } = await bash(
    root,
    { allowRead: [outside], denyRead: [join(outside, 'secret')] },
    `exec 2> /dev/null; cat '${outside}/secret' '${outside}/other'; touch '${outside}/new' || echo refused`,
  );
  expect(output).toBe('other\nrefused\n');
});

test('a file that no command may make is taken away, and one that was there stays', async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, 'there'), 'there');
  const options = { denyNew: [join(root, '.git/commondir'), join(root, 'there'), join(root, 'no/folder')] };
  await bash(root, options, 'echo ../evil > .git/commondir; echo more >> there; touch .git/other');
  expect(readdirSync(join(root, '.git'))).toEqual(['other']);
  expect(readFileSync(join(root, 'there'), 'utf8')).toBe('theremore\n');
  await bash(root, options, 'mkdir -p .git/commondir/x');
  expect(readdirSync(join(root, '.git'))).toEqual(['other']);
});

test('a folder that becomes a link does not take away a file outside', async () => {
  const root = temporaryFolder();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'commondir'), 'outside');
  mkdirSync(join(root, '.git'));
  await bash(root, { denyNew: [join(root, '.git/commondir')] }, `mv .git x; ln -s '${outside}' .git; ls -A`);
  expect(readdirSync(outside)).toEqual(['commondir']);
});
