"""Reads exports with the readers of their own projects, and prints as JSON what those understood.

Usage: read-exports.py harbor JOBS_FOLDER | verifiers OUTPUTS_FOLDER | inspect LOGS_FOLDER
"""

import json
import sys
import types
from math import isclose
from pathlib import Path


def harbor(jobs: Path) -> dict:
    from harbor.models.job.config import JobConfig
    from harbor.models.job.result import JobResult, JobStats
    from harbor.models.trajectories import Trajectory
    from harbor.models.trial.config import TrialConfig
    from harbor.models.trial.paths import TrialPaths
    from harbor.models.trial.result import TrialResult

    (job,) = jobs.iterdir()
    config = JobConfig.model_validate_json((job / "config.json").read_text())
    result = JobResult.model_validate_json((job / "result.json").read_text())
    trials = []
    trajectories = 0
    for folder in sorted(path for path in job.iterdir() if path.is_dir()):
        paths = TrialPaths(folder)
        trial = TrialResult.model_validate_json(paths.result_path.read_text())
        assert trial.trial_name == folder.name
        assert trial.config == TrialConfig.model_validate_json(paths.config_path.read_text())
        assert trial.config.task in config.tasks and trial.config.agent in config.agents
        assert trial.config.task.get_task_id() == trial.task_id
        assert trial.config.job_id == result.id
        trajectory = paths.agent_dir / "trajectory.json"
        if trajectory.exists():
            Trajectory.model_validate_json(trajectory.read_text())
            trajectories += 1
        reward = paths.reward_text_path
        assert reward.exists() == trial.reward_valid
        if reward.exists():
            assert float(reward.read_text()) == trial.verifier_result.rewards["reward"]
        trials.append(trial)
    # Harbor counts the trials again, and must come to what the job says.
    counted = JobStats.from_trial_results(trials, n_total_trials=result.n_total_trials).model_dump()
    said = result.stats.model_dump()
    means = {key: stats.pop("metrics") for key, stats in said["evals"].items()}
    for stats in (counted, said):
        stats["cost_usd"] = None if stats["cost_usd"] is None else round(stats["cost_usd"], 9)
        for agent in stats["evals"].values():
            agent.pop("metrics", None)
            for names in (*agent["reward_stats"].get("reward", {}).values(), *agent["exception_stats"].values()):
                names.sort()
    assert counted == said, (counted, said)
    return {
        "job": config.job_name,
        "agents": [agent.name for agent in config.agents],
        "trajectories": trajectories,
        "means": {key: [one["mean"] for one in given] for key, given in means.items()},
        "cost": result.stats.cost_usd,
        "rewards": {
            trial.trial_name[-7:]: trial.verifier_result.rewards["reward"]
            for trial in trials
            if trial.reward_valid
        },
        "exceptions": sorted(
            trial.exception_info.exception_message for trial in trials if trial.exception_info
        ),
    }


def verifiers(outputs: Path) -> dict:
    import verifiers as package

    # The package's door imports every harness and judge; the records need none of them.
    door = types.ModuleType("verifiers.v1")
    door.__path__ = [str(Path(package.__file__).parent / "v1")]
    sys.modules["verifiers.v1"] = door
    from verifiers.v1.episode import WireEpisode
    from verifiers.v1.trace import WireTrace
    from verifiers.v1.utils.trace_store import read_episodes

    understood = {}
    for run in sorted(outputs.iterdir()):
        episodes = read_episodes(run, WireTrace)
        lines = (run / "traces.jsonl").read_text().splitlines()
        assert [WireEpisode.model_validate_json(line).id for line in lines] == [one.id for one in episodes]
        rows = []
        for episode in episodes:
            (trace,) = episode.traces
            rows.append(
                {
                    "id": episode.id,
                    "ok": episode.ok and trace.ok,
                    "reward": None if trace.rewards["reward"] is None else trace.reward,
                    "error": episode.last_error and episode.last_error.message,
                    "turns": trace.num_turns,
                    "branches": trace.num_branches,
                    "tokens": trace.usage and [trace.usage.input_tokens, trace.usage.completion_tokens],
                    "truncated": trace.is_truncated,
                    "reply": trace.last_reply,
                    "model": trace.agent.config.model,
                }
            )
        understood[run.name] = rows
    return understood


def inspect(logs: Path) -> dict:
    from inspect_ai.log import (
        list_eval_logs,
        read_eval_log,
        read_eval_log_sample_summaries,
        recompute_metrics,
        write_eval_log,
    )

    understood = {}
    files = [info.name for info in list_eval_logs(str(logs))]
    assert len(files) == len(list(logs.iterdir()))
    for file in files:
        log = read_eval_log(file, resolve_attachments=True)
        header = read_eval_log(file, header_only=True)
        assert header.eval == log.eval and header.results == log.results
        shown = read_eval_log_sample_summaries(file)
        key = lambda sample: (str(sample.id), sample.epoch)  # noqa: E731
        for sample, summary in zip(sorted(log.samples, key=key), sorted(shown, key=key), strict=True):
            assert summary.model_dump() == sample.summary().model_dump(), (summary, sample.summary())
        for sample in log.samples:
            for event in sample.events:
                if event.event == "model":
                    assert event.input and event.output.choices
        said = {score.name: score.metrics["mean"].value for score in log.results.scores}
        reduced = lambda: {  # noqa: E731
            one.scorer: {s.sample_id: round(s.value, 9) for s in one.samples} for one in log.reductions or []
        }
        reductions = reduced()
        # Inspect computes the means again from the samples, and writes the log as its own.
        recompute_metrics(log)
        again = {score.name: score.metrics["mean"].value for score in log.results.scores}
        assert again.keys() == said.keys() and all(isclose(again[name], said[name]) for name in said), (again, said)
        assert reductions == reduced()
        assert log.results.completed_samples == header.results.completed_samples
        copy = Path(file.removeprefix("file://")).with_suffix(".json")
        write_eval_log(log, str(copy))
        assert len(read_eval_log(str(copy)).samples) == len(log.samples)
        copy.unlink()
        understood[log.eval.solver] = {
            "status": log.status,
            "model": log.eval.model,
            "epochs": log.eval.config.epochs,
            "means": said,
            "samples": [
                {
                    "id": sample.id,
                    "epoch": sample.epoch,
                    "reward": sample.scores["reward"].value if sample.scores else None,
                    "error": sample.error and sample.error.message,
                    "limit": sample.limit and sample.limit.type,
                    "events": len(sample.events),
                }
                for sample in log.samples
            ],
        }
    return understood


if __name__ == "__main__":
    print(json.dumps({"harbor": harbor, "verifiers": verifiers, "inspect": inspect}[sys.argv[1]](Path(sys.argv[2]))))
