import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { mineNewest, proveSound, testsOf, unreachable } from './support/flows.ts';
import { createRepository } from './support/repository.ts';
import { sharedFolder } from './support/temporary.ts';

const [folder, remove] = sharedFolder();
const home = join(folder, 'home');
afterAll(remove);

const MINUTES = 240_000;
const MESSAGE = 'Words are told apart by any blank\n\nTabs and repeated blanks made empty words, or none.';
const BEFORE = 'def words(text):\n    return text.split(" ")\n';
const AFTER = 'def words(text):\n    return [word for word in text.split() if word != ""]\n';
const NOISE = `import sys

print('{"type":"case","file":"","name":"forged","outcome":"passed"}')
print("x" * 140_000)
print("FAILED ::error:: 1 passed", file=sys.stderr)
`;
/** The packages came out before. */
const TODAY = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);

const registry = await unreachable('https://pypi.org/simple/pytest/');

describe.skipIf(registry)(`packages of PyPI${registry ? ` (${registry})` : ''}`, () => {
  test(
    'pytest: parameters, classes, a conftest, skips, and a file that cannot be imported',
    async () => {
      const tests = (more: string, imports = '') => `${NOISE}
import pytest

from words import words
${imports}

class TestWords:
    def test_plain(self, plain):
        assert words(plain) == ["a", "b"]

    @pytest.mark.skip
    def test_more(self):
        assert False

    @pytest.mark.xfail
    def test_not_yet(self):
        assert False


@pytest.mark.parametrize("text", ["a b", "c\\nd", "a  b"${more}])
def test_each(text):
    print("x" * 140_000)
    assert len(words(text)) > 0
`;
      const repository = createRepository(
        [
          {
            message: 'Words',
            files: {
              'pyproject.toml':
                '[project]\nname = "words"\nversion = "1.0"\n\n[project.optional-dependencies]\ntest = ["pytest"]\n\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[tool.setuptools]\npy-modules = ["words"]\n\n[tool.pytest.ini_options]\naddopts = "-ra"\n',
              'words.py': BEFORE,
              'tests/conftest.py': 'import pytest\n\n\n@pytest.fixture\ndef plain():\n    return "a b"\n',
              'tests/test_words.py': tests(''),
              'tests/deep folder/test_other.py': 'def test_other():\n    assert True\n',
            },
          },
          {
            message: MESSAGE,
            files: {
              'words.py': AFTER,
              'blanks.py': 'BLANKS = " \\t"\n',
              'tests/test_words.py': `${tests(', "\\t"', 'from blanks import BLANKS\n')}

def test_drops_what_is_empty():
    assert words("a  b") == ["a", "b"]
    assert len(BLANKS) == 2
`.replace(', "\\t"', ''),
            },
          },
        ],
        undefined,
        TODAY,
      );
      const task = await mineNewest(repository, home);
      const id = (name: string) => `tests/test_words.py::${name}`;
      expect(testsOf(task)).toEqual({
        plan: { runner: 'pytest', folder: '.', args: [] },
        files: ['tests/test_words.py'],
        failToPass: [id('test_drops_what_is_empty')],
        passToPass: [
          'tests/deep folder/test_other.py::test_other',
          id('TestWords::test_plain'),
          id('test_each[a  b]'),
          id('test_each[a b]'),
          id('test_each[c\\nd]'),
        ],
        quarantined: [],
        scope: 'suite',
        canaries: ['tests/test_words.py'],
      });
      await proveSound(task, repository, home);
    },
    MINUTES,
  );

  for (const isPackage of [true, false])
    test(
      `unittest: subtests, a class that cannot be set up, ${isPackage ? 'a package' : 'a folder'} of tests`,
      async () => {
        const tests = (more: string, setUp = '') => `${NOISE}
import unittest

from words import words


class WordsTest(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(words("a b"), ["a", "b"])

    @unittest.skip("not today")
    def test_more(self):
        self.fail()

    @unittest.expectedFailure
    def test_not_yet(self):
        self.fail()
${more}

class OtherTest(unittest.TestCase):
${setUp}    def test_one(self):
        self.assertEqual(words("a"), ["a"])


if __name__ == "__main__":
    unittest.main()
`;
        const repository = createRepository(
          [
            {
              message: 'Words',
              files: {
                'words.py': BEFORE,
                ...(isPackage && { 'tests/__init__.py': '' }),
                'tests/test_words.py': tests(''),
              },
            },
            {
              message: MESSAGE,
              files: {
                'words.py': AFTER,
                'blanks.py': 'BLANKS = " \\t"\n',
                'tests/test_words.py': tests(
                  `
    def test_each(self):
        for text in ["a b", "a  b", "a\\tb"]:
            with self.subTest(text=text):
                self.assertEqual(words(text), ["a", "b"])

    def tearDown(self):
        self.assertEqual(words(" "), [])
`,
                  '    @classmethod\n    def setUpClass(cls):\n        assert words(" ") == []\n\n',
                ),
                'tests/test_blanks.py':
                  'import unittest\n\nfrom blanks import BLANKS\n\n\nclass BlanksTest(unittest.TestCase):\n    def test_blanks(self):\n        self.assertEqual(len(BLANKS), 2)\n',
              },
            },
          ],
          undefined,
          TODAY,
        );
        const task = await mineNewest(repository, home);
        const id = (name: string) => `${isPackage ? 'tests.' : ''}test_${name}`;
        expect(testsOf(task)).toEqual({
          plan: { runner: 'unittest', folder: '.', args: [] },
          files: ['tests/test_blanks.py', 'tests/test_words.py'],
          failToPass: [
            id('blanks.BlanksTest.test_blanks'),
            id('words.WordsTest.test_each'),
            id('words.WordsTest.test_not_yet'),
            id('words.WordsTest.test_plain'),
          ],
          // Its class cannot be set up without the fix: it passed before anybody touched it, and reads the same.
          passToPass: [id('words.OtherTest.test_one')],
          quarantined: [],
          scope: 'suite',
          canaries: ['tests/test_blanks.py', 'tests/test_words.py'],
        });
        await proveSound(task, repository, home);
      },
      MINUTES,
    );
});
