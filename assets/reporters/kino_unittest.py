"""Runs unittest tests of files or of a folder: a line of JSON for each test, and one at the end, in KINO_REPORT.

Usage: kino_unittest.py <start folder> <top folder> [file...]
"""
import json
import os
import random
import sys
import traceback
import unittest

import kino_coverage

kino_coverage.start()
TARGET = os.environ["KINO_REPORT"]


def _write(value):
    with open(TARGET, "a", encoding="utf-8") as report:
        report.write(json.dumps(value) + "\n")


ORDER = {"skipped": 0, "passed": 1, "failed": 2}


class Report(unittest.TestResult):
    """A test may be told of several times (each subtest, its own failure and that of tearDown): the worst counts."""

    _running = None
    _worst = None

    def startTest(self, test):
        super().startTest(test)
        self._running = test
        self._worst = None
        if type(test).__name__ != "_FailedTest":
            _write({"type": "start", "file": "", "name": test.id()})

    def stopTest(self, test):
        super().stopTest(test)
        self._running = None
        if self._worst is not None:
            _write_case(test, *self._worst)

    def _tell(self, test, outcome, message=None):
        if self._running is None:
            # What prepares a class or a module is no test that was begun.
            _write_case(test, outcome, message)
        elif self._worst is None or ORDER[outcome] > ORDER[self._worst[0]]:
            self._worst = (outcome, message)

    def addSuccess(self, test):
        self._tell(test, "passed")

    def addError(self, test, err):
        self._tell(test, "failed", "".join(traceback.format_exception(*err)))

    addFailure = addError

    def addSkip(self, test, reason):
        self._tell(test, "skipped")

    def addExpectedFailure(self, test, err):
        self._tell(test, "passed")

    def addUnexpectedSuccess(self, test):
        self._tell(test, "failed", "unexpected success")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addError(test, err)


def _write_case(test, outcome, message):
    if type(test).__name__ == "_FailedTest":
        _write({"type": "load-error", "file": _file_of(test._testMethodName), "message": (message or "")[:8000]})
        return
    line = {"type": "case", "file": "", "name": test.id(), "outcome": outcome}
    if message is not None:
        line["message"] = message[:8000]
    _write(line)


def _file_of(module):
    return module.replace(".", "/") + ".py"


def _flat(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            for inner in _flat(one):
                yield inner
        else:
            yield one


def main():
    start, top = sys.argv[1], os.path.abspath(sys.argv[2])
    files = sys.argv[3:]
    sys.path.insert(0, top)
    if os.path.isdir(start) and not os.path.isfile(os.path.join(start, "__init__.py")):
        # A folder that is no package is where its modules are looked for.
        top = os.path.abspath(start)
        sys.path.insert(0, top)
    loader = unittest.TestLoader()
    if files:
        names = [os.path.relpath(os.path.abspath(f), top)[:-3].replace(os.sep, ".") for f in files]
        suite = unittest.TestSuite(loader.loadTestsFromName(name) for name in names if _importable(name))
    else:
        suite = loader.discover(start, top_level_dir=top)
    seed = os.environ.get("KINO_SHUFFLE")
    if seed:
        tests = list(_flat(suite))
        random.Random(int(seed)).shuffle(tests)
        suite = unittest.TestSuite(tests)
    suite.run(Report())
    _write({"type": "end"})


def _importable(name):
    try:
        __import__(name)
        return True
    except BaseException:
        _write({"type": "load-error", "file": _file_of(name), "message": traceback.format_exc()[:8000]})
        return False


main()
