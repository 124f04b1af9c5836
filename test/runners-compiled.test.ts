import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isInstalled, mineNewest, proveSound, testsOf } from './support/flows.ts';
import { createRepository } from './support/repository.ts';
import { sharedFolder } from './support/temporary.ts';

const [folder, remove] = sharedFolder();
const home = join(folder, 'home');
afterAll(remove);

const MINUTES = 180_000;

/** What agents are given of a set-up holds none of the repository's own code, of whatever commit it was made. */
function expectUntold(words: readonly string[]): void {
  for (const word of words) {
    const { status, stdout } = spawnSync('grep', ['-rlF', word, join(home, 'setups')], { encoding: 'utf8' });
    expect({ word, status, stdout }).toEqual({ word, status: 1, stdout: '' });
  }
}

/** What each history says of its fix. */
const MESSAGE =
  'Lengths count letters and never blanks\n\nBlanks before, between and after words were counted as well.';

test.skipIf(!isInstalled('go'))(
  'go: subtests, a panic that hides later tests, prints that look like events',
  async () => {
    const source = (body: string) => `package words

import "strings"

// Count gives the letters of a text.
func Count(text string) int {
${body}
}

// At gives a word of a text.
func At(text string, at int) string {
	return strings.Fields(text)[at]
}
`;
    const tests = (more: string) => `package words

import (
	"fmt"
	"os"
	"testing"
)

func TestAlready(t *testing.T) {
	fmt.Println(\`{"Action":"fail","Package":"example.com/words/pkg/words","Test":"TestAlready"}\`)
	fmt.Fprintln(os.Stderr, "--- FAIL: TestAlready")
	if Count("ab") != 2 {
		t.Fatal("ab")
	}
}
${more}
func TestSkipped(t *testing.T) {
	t.Skip("not today")
}

func TestZAfterAll(t *testing.T) {
	if At("a b", 1) != "b" {
		t.Error("b")
	}
}
`;
    const more = `
func TestCount(t *testing.T) {
	for name, text := range map[string]string{"plain": "abc", "blanks in between": "a b c", "around/it": " abc "} {
		t.Run(name, func(t *testing.T) {
			if got := Count(text); got != 3 {
				t.Errorf("%q has %d", text, got)
			}
		})
	}
}

func TestLetters(t *testing.T) {
	letters := make([]int, 2)
	for at := range Count("a b") {
		letters[at]++
	}
}

func TestNewToo(t *testing.T) {
	if Count("d") != 1 {
		t.Fatal("d")
	}
}
`;
    const repository = createRepository([
      {
        message: 'Count letters',
        files: {
          'go.mod': 'module example.com/words\n\ngo 1.22\n',
          'pkg/words/words.go': source('\treturn len(text)'),
          'pkg/words/words_test.go': tests(''),
          'other/other.go': 'package other\n\nfunc One() int { return 1 }\n',
          'other/other_test.go':
            'package other\n\nimport "testing"\n\nfunc TestOne(t *testing.T) {\n\tif One() != 1 {\n\t\tt.Fail()\n\t}\n}\n',
        },
      },
      {
        message: MESSAGE,
        files: {
          'pkg/words/words.go': source('\treturn len(strings.Join(strings.Fields(text), ""))'),
          'pkg/words/words_test.go': tests(more),
        },
      },
    ]);
    const task = await mineNewest(repository, home);
    const id = (name: string) => `example.com/words/pkg/words::${name}`;
    expect(testsOf(task)).toEqual({
      plan: { runner: 'go', folder: '.', args: [] },
      files: ['pkg/words/words_test.go'],
      failToPass: [id('TestCount/around/it'), id('TestCount/blanks_in_between'), id('TestLetters')],
      passToPass: [
        'example.com/words/other::TestOne',
        id('TestAlready'),
        id('TestCount/plain'),
        id('TestZAfterAll'),
      ],
      quarantined: [],
      scope: 'suite',
      canaries: ['pkg/words/words_test.go'],
    });
    await proveSound(task, repository, home);
    expectUntold(['TestLetters', 'TestAlready']);
  },
  MINUTES,
);

test.skipIf(!isInstalled('cargo'))(
  'cargo: modules of tests inside of source, integration tests, a test that is ignored, a stack overflow',
  async () => {
    const source = (body: string, tests: string) => `/// The letters of a text.
pub fn count(text: &str) -> usize {
${body}
}

/// The depth of a text of brackets.
pub fn depth(text: &str) -> usize {
    text.chars().filter(|c| *c == '(').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_plain() {
        println!("{{\\"type\\":\\"test\\",\\"event\\":\\"failed\\",\\"name\\":\\"tests::counts_plain\\"}}");
        assert_eq!(count("ab"), 2);
    }
${tests}
    #[test]
    #[ignore]
    fn zz_slow() {
        assert_eq!(count("x"), 1);
    }

    #[test]
    fn zz_last() {
        assert_eq!(depth("(())"), 2);
    }
}
`;
    const before = "    if text.starts_with(' ') { count(text) } else { text.len() }";
    const after = "    text.chars().filter(|letter| *letter != ' ').count()";
    const repository = createRepository([
      {
        message: 'Count letters',
        files: {
          'Cargo.toml': '[package]\nname = "words"\nversion = "0.1.0"\nedition = "2021"\n',
          'src/lib.rs': source(before, ''),
          'tests/whole.rs':
            'use words::count;\n\n#[test]\nfn whole() {\n    assert_eq!(count("abc"), 3);\n}\n',
        },
      },
      {
        message: MESSAGE,
        files: {
          'src/lib.rs': source(
            after,
            `
    #[test]
    fn a_blank_at_the_start() {
        assert_eq!(count(" a"), 1);
    }

    #[test]
    fn leaves_blanks_out() {
        assert_eq!(count("a b"), 2);
    }

    #[test]
    #[should_panic]
    fn knows_a_wrong_count() {
        assert_eq!(count("a b"), 3);
    }
`,
          ),
          'tests/whole.rs':
            'use words::count;\n\n#[test]\nfn whole() {\n    assert_eq!(count("abc"), 3);\n}\n\n#[test]\nfn around() {\n    assert_eq!(count(" a "), 1);\n}\n',
        },
      },
    ]);
    const task = await mineNewest(repository, home);
    expect(testsOf(task)).toEqual({
      plan: { runner: 'cargo', folder: '.', args: [] },
      files: ['src/lib.rs', 'tests/whole.rs'],
      failToPass: [
        'lib:words::tests::a_blank_at_the_start',
        'lib:words::tests::knows_a_wrong_count',
        'lib:words::tests::leaves_blanks_out',
        'test:whole::around',
      ],
      passToPass: ['lib:words::tests::counts_plain', 'lib:words::tests::zz_last', 'test:whole::whole'],
      quarantined: [],
      scope: 'suite',
      canaries: ['src/lib.rs', 'tests/whole.rs'],
    });
    expect(task.gold.patch).not.toContain('leaves_blanks_out');
    expectUntold(['leaves_blanks_out', 'counts_plain']);
    // Though the first test takes the whole program down without the fix, the others are seen.
    expect((await proveSound(task, repository, home)).nothing.metrics.pass_to_pass).toBe(1);
  },
  MINUTES,
);

const C_SOURCE = (body: string) => `#include "words.h"

int count(const char *text) {
  int letters = 0;
  for (; *text; text++) ${body}
  return letters;
}
`;

test.skipIf(!isInstalled('cmake'))(
  'ctest: programs that are built in a folder of their own',
  async () => {
    const cmake = (names: string) => `cmake_minimum_required(VERSION 3.19)
project(words C)
enable_testing()
add_library(words src/words.c)
target_include_directories(words PUBLIC src)
foreach(name ${names})
  add_executable(test_\${name} tests/test_\${name}.c)
  target_link_libraries(test_\${name} words)
  add_test(NAME "\${name} words" COMMAND test_\${name})
endforeach()
`;
    const program = (text: string, letters: number) => `#include <stdio.h>
#include "words.h"

int main(void) {
  puts("<testcase name=\\"forged\\"/>");
  return count("${text}") == ${letters} ? 0 : 1;
}
`;
    const repository = createRepository([
      {
        message: 'Count letters',
        files: {
          'CMakeLists.txt': cmake('plain'),
          'src/words.h': 'int count(const char *text);\n',
          'src/words.c': C_SOURCE('letters++;'),
          'tests/test_plain.c': program('ab', 2),
        },
      },
      {
        message: MESSAGE,
        files: {
          'CMakeLists.txt': cmake('plain spaced'),
          'src/words.c': C_SOURCE("letters += *text != ' ';"),
          'tests/test_spaced.c': program('a b', 2),
        },
      },
    ]);
    const task = await mineNewest(repository, home);
    expect(testsOf(task)).toEqual({
      plan: { runner: 'ctest', folder: '.', args: [] },
      files: ['tests/test_spaced.c'],
      failToPass: ['spaced words'],
      passToPass: ['plain words'],
      quarantined: [],
      scope: 'suite',
      canaries: [],
    });
    await proveSound(task, repository, home);
  },
  MINUTES,
);

test(
  'junit: a command that is given, whatever the language',
  async () => {
    const script = (cases: string) => `set -u
. src/count.sh
mkdir -p reports
{
  echo '<?xml version="1.0"?><testsuites><testsuite name="shell">'
${cases}
  echo '</testsuite></testsuites>'
} >reports/shell.xml
`;
    const one = (name: string, text: string, letters: number) =>
      `  if [ "$(count '${text}')" = ${letters} ]; then echo '<testcase name="${name}" classname="count"/>'; else echo '<testcase name="${name}" classname="count"><failure message="it is &lt;another&gt;"/></testcase>'; fi`;
    const skipped = `  echo '<testcase name="later" classname="count"><skipped/></testcase>'`;
    const plain = one('plain letters', 'ab', 2);
    const repository = createRepository([
      {
        message: 'Count letters',
        files: {
          'src/count.sh': 'count() { printf %s "$1" | wc -c | tr -d "\\n "; }\n',
          'test/run.sh': script([plain, skipped].join('\n')),
          // What an earlier run left is no report of this one.
          'reports/old.xml': '<testsuite name="old"><testcase name="old"/></testsuite>\n',
        },
      },
      {
        message: MESSAGE,
        files: {
          'src/count.sh': 'count() { printf %s "$1" | tr -d " " | wc -c | tr -d "\\n "; }\n',
          'test/run.sh': script([plain, skipped, one('one&#10;blank &amp; more', 'a b', 2)].join('\n')),
        },
      },
    ]);
    const task = await mineNewest(repository, home, {
      given: { command: 'sh test/run.sh', report: 'reports/*.xml' },
    });
    expect(testsOf(task)).toEqual({
      plan: { runner: 'junit', folder: '.', args: [] },
      files: ['test/run.sh'],
      failToPass: ['count::one\nblank & more'],
      passToPass: ['count::plain letters'],
      quarantined: [],
      scope: 'files',
      canaries: [],
    });
    await proveSound(task, repository, home);
  },
  MINUTES,
);
