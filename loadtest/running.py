"""Run a plan with Locust, in this process or with more of them, and leave Locust's own report and CSV files."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment
from locust.html import get_html_report
from locust.runners import Runner
from locust.stats import StatsCSVFileWriter, stats_history

from loadtest import users
from loadtest.plan import Plan
from loadtest.records import Records

PERCENTILES = [0.5, 0.9, 0.95, 0.99, 1.0]
EVERY = 10.0  # seconds between two lines of progress
READY = 60.0  # seconds in which helping processes must have started


def run(plan: Plan, out: Path, processes: int, say: Callable[[str], None]) -> Records:
    """Run the plan and return what came of every request; `out` gets report.html and the CSV files."""
    logging.getLogger("locust").setLevel(logging.WARNING)
    # Locust warns of starting many users at once; they spread their own first requests
    logging.getLogger("locust.runners").addFilter(lambda record: "spawn rate" not in record.getMessage())
    out.mkdir(parents=True, exist_ok=True)
    if processes == 1:
        traffic = users.Traffic(plan)
        env = users.environment(traffic, shaped=True)
        _lead(env, env.create_local_runner(), plan, out, say)
        traffic.under_way.join(timeout=plan.timeout)
        return traffic.recorder.records()
    with tempfile.TemporaryDirectory() as folder:
        return _run_many(plan, out, processes, say, Path(folder))


def _run_many(plan: Plan, out: Path, processes: int, say: Callable[[str], None], folder: Path) -> Records:
    plan.write(folder / "plan.json")
    env = users.environment(users.Traffic(plan), shaped=True)
    master = env.create_master_runner("127.0.0.1", 0)
    port = master.server.port
    command = [sys.executable, "-m", "loadtest.running", str(folder), str(port)]
    helpers = [subprocess.Popen([*command, str(i)], stdin=subprocess.DEVNULL) for i in range(processes)]
    try:
        with gevent.Timeout(READY, RuntimeError(f"{processes} processes did not start within {READY:.0f} s")):
            while len(master.clients.ready) < processes:
                gevent.sleep(0.05)
        _lead(env, master, plan, out, say)
        master.quit()
        for helper in helpers:
            helper.wait(timeout=plan.timeout + READY)
    finally:
        for helper in helpers:
            helper.kill()
    return Records.load([folder / f"{i}.npz" for i in range(processes)])


def _lead(env: Environment, runner: Runner, plan: Plan, out: Path, say: Callable[[str], None]) -> None:
    csv_files = StatsCSVFileWriter(env, PERCENTILES, str(out / "locust"), full_history=True)
    background = [
        gevent.spawn(stats_history, runner),
        gevent.spawn(csv_files),
        gevent.spawn(_tell, env, runner, plan, say),
    ]
    runner.start_shape()
    shape: Any = runner.shape_greenlet
    shape.join(timeout=plan.profile.seconds + READY)
    gevent.sleep(min(1.1, plan.timeout))  # the last answers, and Locust's last line of CSV
    gevent.killall(background)
    csv_files.close_files()
    html: str = get_html_report(env, show_download_link=False)  # type: ignore[no-untyped-call]  # Locust's
    (out / "report.html").write_text(html, encoding="utf-8")


def _tell(env: Environment, runner: Runner, plan: Plan, say: Callable[[str], None]) -> None:
    second = 0.0
    while second + EVERY < plan.profile.seconds:
        gevent.sleep(EVERY)
        second += EVERY
        total = env.stats.total
        say(
            f"{second:6.0f} s  {runner.user_count} users  {total.current_rps:,.0f} requests/s  "
            f"p95 {total.get_current_response_time_percentile(0.95) or 0:.0f} ms  {total.num_failures:,} errors"
        )


def help_along(folder: Path, port: int, share: int) -> None:
    """A helping process: runs the users it is told to, and leaves its records in the folder."""
    plan = Plan.read(folder / "plan.json")
    traffic = users.Traffic(plan, share)
    env = users.environment(traffic, shaped=False)
    worker = env.create_worker_runner("127.0.0.1", port)
    worker.greenlet.join()
    traffic.under_way.join(timeout=plan.timeout)
    traffic.recorder.records().save(folder / f"{share}.npz")


if __name__ == "__main__":
    help_along(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
