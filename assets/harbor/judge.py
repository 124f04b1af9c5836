"""Puts back what a task gives, runs its tests, and writes the reward: 1 where all tests pass that must."""
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = "/tmp/kino-results"
REWARD = "/logs/verifier/reward.txt"


def restore(task):
    for path in task["removed"]:
        target = os.path.join(task["root"], path)
        if os.path.lexists(target):
            os.remove(target)
    given = os.path.join(HERE, "given")
    for folder, _, names in os.walk(given):
        for name in names:
            source = os.path.join(folder, name)
            target = os.path.join(task["root"], os.path.relpath(source, given))
            if os.path.islink(os.path.dirname(target)) or os.path.islink(target):
                raise SystemExit("a link stands in place of " + target)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)


def inside(root, path):
    return os.path.relpath(path, root) if path.startswith(root + "/") else os.path.normpath(path) if path else path


def lines(name):
    try:
        with open(os.path.join(RESULTS, name), encoding="utf-8", errors="replace") as report:
            for line in report:
                if line.startswith("{"):
                    try:
                        yield json.loads(line)
                    except ValueError:
                        pass
    except OSError:
        return


def own(root):
    for line in lines("report.jsonl"):
        if line.get("type") == "case":
            file = inside(root, line["file"])
            yield (line["name"] if file in ("", ".") else file + "::" + line["name"]), line["outcome"]


def jest(root):
    try:
        with open(os.path.join(RESULTS, "report.json"), encoding="utf-8") as report:
            results = json.load(report)["testResults"]
    except (OSError, ValueError, KeyError):
        return
    for result in results:
        file = inside(root, result["name"])
        for test in result["assertionResults"]:
            titles = [one for one in test["ancestorTitles"] if one != ""] + [test["title"]]
            yield file + "::" + " > ".join(titles), test["status"]


def go(_root):
    for event in lines("report.jsonl"):
        if "Test" in event and event.get("Action") in ("pass", "fail"):
            yield event["Package"] + "::" + event["Test"], "passed" if event["Action"] == "pass" else "failed"


def junit(_root):
    for name in sorted(os.listdir(RESULTS)):
        if not name.endswith(".xml"):
            continue
        for test in ElementTree.parse(os.path.join(RESULTS, name)).iter("testcase"):
            place = test.get("file") or test.get("classname") or ""
            broken = any(test.find(tag) is not None for tag in ("failure", "error")) or test.get("status") == "fail"
            title = test.get("name") or ""
            yield (title if place in ("", title) else place + "::" + title), "failed" if broken else "passed"


READERS = {"own": own, "jest": jest, "go": go, "junit": junit}


def main():
    with open(os.path.join(HERE, "task.json"), encoding="utf-8") as file:
        task = json.load(file)
    restore(task)
    shutil.rmtree(RESULTS, ignore_errors=True)
    os.makedirs(RESULTS)
    env = {**os.environ, **task["env"]}
    env["PATH"] = ":".join(task["path"] + [env.get("PATH", "")])
    if task.get("pythonpath"):
        env["PYTHONPATH"] = ":".join(filter(None, [env.get("PYTHONPATH"), task["pythonpath"]]))
    out = open(os.path.join(RESULTS, task["stdout"]), "wb") if task["stdout"] else None
    try:
        subprocess.run(task["argv"], cwd=os.path.join(task["root"], task["folder"]), env=env, stdout=out, timeout=task["seconds"])
    except subprocess.TimeoutExpired:
        print("the tests took too long")
    outcomes, seen = {}, {}
    for name, outcome in READERS[task["reader"]](task["root"]):
        seen[name] = seen.get(name, 0) + 1
        outcomes[name if seen[name] == 1 else "%s#%d" % (name, seen[name])] = outcome
    failing = [name for name in task["must_pass"] if outcomes.get(name) != "passed"]
    for name in failing[:20]:
        print("not passing: " + name)
    print("%d of %d tests pass that must" % (len(task["must_pass"]) - len(failing), len(task["must_pass"])))
    with open(REWARD, "w", encoding="utf-8") as reward:
        reward.write("0" if failing else "1")


main()
