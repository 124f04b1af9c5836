"""A plugin for pytest (3 and newer): a line of JSON for each test, and one at the end, in the file KINO_REPORT."""
import json
import os
import random

import kino_coverage

kino_coverage.start()
TARGET = os.environ.get("KINO_REPORT", "")
ORDER = {"passed": 0, "skipped": 1, "failed": 2}
_outcomes = {}
_worker = False


def _write(value):
    with open(TARGET, "a", encoding="utf-8") as report:
        report.write(json.dumps(value) + "\n")


def pytest_configure(config):
    global _worker
    # Under xdist the controller tells what its workers did.
    _worker = hasattr(config, "workerinput") or hasattr(config, "slaveinput")


def pytest_collection_modifyitems(items):
    seed = os.environ.get("KINO_SHUFFLE")
    if seed:
        random.Random(int(seed)).shuffle(items)


def pytest_runtest_logstart(nodeid, location):
    if _worker:
        return
    file, _, name = nodeid.partition("::")
    _write({"type": "start", "file": file, "name": name})


def pytest_runtest_logreport(report):
    if _worker:
        return
    outcome = "skipped" if report.skipped else "failed" if report.failed else "passed"
    if hasattr(report, "wasxfail") and outcome == "failed":
        outcome = "skipped"
    before = _outcomes.get(report.nodeid)
    worse = before is None or ORDER[outcome] > ORDER[before[0]]
    if worse:
        message = str(report.longrepr)[:8000] if outcome == "failed" else None
        _outcomes[report.nodeid] = (outcome, message)
    if report.when == "teardown":
        _tell(report.nodeid)


def _tell(nodeid):
    found = _outcomes.pop(nodeid, None)
    if found is None:
        return
    file, _, name = nodeid.partition("::")
    line = {"type": "case", "file": file, "name": name, "outcome": found[0]}
    if found[1] is not None:
        line["message"] = found[1]
    _write(line)


def pytest_collectreport(report):
    if report.failed and not _worker:
        _write({"type": "load-error", "file": report.nodeid.partition("::")[0], "message": str(report.longrepr)[:8000]})


def pytest_sessionfinish(session, exitstatus):
    if _worker:
        return
    for nodeid in list(_outcomes):
        _tell(nodeid)
    # 0 to 5 without 2 and 3: not interrupted, no error of pytest itself. 2 also follows errors of collection.
    if int(exitstatus) in (0, 1, 5) or (int(exitstatus) == 2 and not session.shouldstop):
        _write({"type": "end"})
