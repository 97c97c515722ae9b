"""Load a served model and judge it: exit code 0 when it stood the load, 1 when not, 2 when the run could not begin.

    python -m loadtest paper --url http://127.0.0.1:8080 --model NAME
    python -m loadtest ramp --url http://127.0.0.1:8080 --model NAME --users 200 --minutes 10 --processes 2
    python -m loadtest mixed --url https://models.example.com --model NAME --i-may-load models.example.com

The rows that are sent come from the server itself: the example in the model's V2 metadata, else random rows
within the ranges that the metadata tells, else random numbers of the right width; or from --rows, a CSV, Parquet or
JSON file with the model's feature names. A model of images gets drawn pictures of its size, or those of a JSON file
{"instances": [{"b64": "..."}, ...]}, with the profile images. Every answer is checked: status, form, number of rows;
bad input (profiles mixed and images) must be answered with 4xx.

The load is an open loop: requests go out on schedule even while earlier ones are unanswered, so that a slow server
cannot hide behind a lower load. A run fails when p95 or the share of errors is above its limit, or when less than 95 %
of what was asked has been answered in time.

--out gets result.txt and result.json (verdict and figures), over-time.png (rate and latency), report.html and
locust_*.csv (Locust's own). One process makes some thousand requests a second; more with --processes.
For the number of replicas a load leads to, see python -m loadtest.autoscaling --help.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtest.plan import Plan
from loadtest.profiles import PROFILES, Profile
from loadtest.records import Records
from loadtest.rows import rows_for
from loadtest.target import Target, check_url
from loadtest.verdict import outcome


def parser() -> argparse.ArgumentParser:
    """The command line."""
    summary, _, details = (__doc__ or "").partition("\n")
    table = "\n".join(
        f"  {p.name:6} {p.users:>4} users x {p.rate:g}/s, {p.minutes:>2g} min, p95 {p.p95:>3g} ms, "
        f"errors {p.errors:.1%}  {p.says}"
        for p in PROFILES.values()
    )
    made = argparse.ArgumentParser(
        prog="python -m loadtest",
        description=summary,
        epilog=f"profiles and their defaults:\n{table}\n{details}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("profile", choices=list(PROFILES), metavar="PROFILE", help=", ".join(PROFILES))
    made.add_argument("--url", default="http://127.0.0.1:8080", help="default: %(default)s")
    made.add_argument("--model", required=True, help="the name under which it is served")
    made.add_argument("--users", type=int, help="at the peak")
    made.add_argument("--rate", type=float, help="requests/s of each user")
    made.add_argument("--minutes", type=float, help="length of the whole run")
    made.add_argument("--p95", type=float, metavar="MS", help="fail above it")
    made.add_argument("--errors", type=float, metavar="SHARE", help="fail above this share of wrong answers, 0 to 1")
    made.add_argument(
        "--timeout", type=float, default=10.0, metavar="S", help="an answer counts as missing after it (10)"
    )
    made.add_argument("--rows", type=Path, metavar="FILE", help="rows to send: CSV, Parquet or JSON")
    made.add_argument("--out", type=Path, help="folder for the results (default: runs/loadtest/PROFILE)")
    made.add_argument("--processes", type=int, default=1, help="that make the load (default: 1)")
    made.add_argument("--seed", type=int, default=0, help="of the order of requests")
    made.add_argument("--i-may-load", metavar="HOST", help="needed for every host but this machine: repeat its name")
    return made


def plan_of(asked: argparse.Namespace) -> Plan:
    """The plan asked for; asks the server what it takes. Raises LoadError, or ValueError for settings."""
    profile: Profile = PROFILES[asked.profile].but(
        users=asked.users, rate=asked.rate, minutes=asked.minutes, p95=asked.p95, errors=asked.errors
    )
    if asked.processes < 1 or asked.timeout <= 0:
        raise ValueError("--processes must be >= 1 and --timeout > 0")
    target = Target(check_url(asked.url, asked.i_may_load), asked.model, asked.timeout)
    rows = rows_for(target.metadata(), asked.rows, asked.seed)
    return Plan(profile, target.url, target.model, rows, asked.timeout, asked.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the verdict, return the exit code."""
    made = parser()
    asked = made.parse_args(arguments)
    try:
        plan = plan_of(asked)
        plan.calls()
    except ValueError as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 2
    from loadtest.running import run  # imports Locust, which patches the standard library: not before it is needed

    profile, out = plan.profile, asked.out or Path("runs") / "loadtest" / plan.profile.name
    rate = profile.asked() / profile.seconds
    print(f"{profile.name}: {rate:,.0f} requests/s on average for {profile.seconds:g} s to {plan.url}", flush=True)
    target = Target(plan.url, plan.model, plan.timeout)
    before = target.resident_bytes()
    records = run(plan, out, asked.processes, lambda line: print(line, flush=True))
    return judge(plan, records, before, target, out)


def judge(plan: Plan, records: Records, before: float | None, target: Target, out: Path) -> int:
    """Write and print the results; 0 when every limit was kept, else 1."""
    from loadtest.report import write

    after = target.resident_bytes() if before is not None else None
    grown = (after - before) / 1e6 if before is not None and after is not None else None
    found = outcome(plan.profile, records, grown)
    print("\n" + write(plan, records, found, out))
    print(f"\nResults: {out}")
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
