"""Remembers which lines below KINO_COVERAGE_ROOT are executed, and writes them to KINO_COVERAGE as JSON at the end."""
import atexit
import json
import os
import sys
import threading

TARGET = os.environ.get("KINO_COVERAGE")
ROOT = os.environ.get("KINO_COVERAGE_ROOT", "") + os.sep
_lines = {}


def _wanted(path):
    return path.startswith(ROOT)


def _save():
    with open(TARGET, "w", encoding="utf-8") as out:
        json.dump({path: sorted(lines) for path, lines in _lines.items()}, out)


def _trace(frame, event, _arg):
    path = frame.f_code.co_filename
    if not _wanted(path):
        return None
    lines = _lines.setdefault(path, set())

    def inside(frame, event, _arg):
        if event == "line":
            lines.add(frame.f_lineno)
        return inside

    return inside


def start():
    if not TARGET:
        return
    atexit.register(_save)
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        threading.settrace(_trace)
        sys.settrace(_trace)
        return
    tool = 4
    monitoring.use_tool_id(tool, "kino")

    def line(code, number):
        if _wanted(code.co_filename):
            _lines.setdefault(code.co_filename, set()).add(number)
        return monitoring.DISABLE

    monitoring.register_callback(tool, monitoring.events.LINE, line)
    monitoring.set_events(tool, monitoring.events.LINE)
