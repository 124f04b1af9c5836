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


class Report(unittest.TestResult):
    def _tell(self, test, outcome, message=None):
        if type(test).__name__ == "_FailedTest":
            _write({"type": "load-error", "file": _file_of(test.id().rpartition(".")[2]), "message": message or ""})
            return
        line = {"type": "case", "file": "", "name": test.id(), "outcome": outcome}
        if message is not None:
            line["message"] = message[:8000]
        _write(line)

    def startTest(self, test):
        super().startTest(test)
        self._broken = False

    def addSuccess(self, test):
        if not self._broken:
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
        if err is not None and not self._broken:
            self._broken = True
            self._tell(test, "failed", "".join(traceback.format_exception(*err)))


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
    loader = unittest.TestLoader()
    if files:
        names = [os.path.relpath(os.path.abspath(f), top)[:-3].replace(os.sep, ".") for f in files]
        suite = unittest.TestSuite(loader.loadTestsFromName(name) if _importable(name) else _failed(loader, name) for name in names)
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


def _failed(loader, name):
    return unittest.TestSuite()


main()
