"""A cron expression as a person or Kubeflow writes it -> the times it names."""

from datetime import datetime

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from rarefault.errors import InputError

_ACCEPTED = "five fields (minute hour day month weekday), such as '0 6 * * 1-5', or six with seconds first"
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ("second", "minute", "hour", "day", "month", "day_of_week")


class Cron:
    """The times of a cron expression, in this machine's time zone; raises InputError for text that is none.

    Numbers of weekdays are cron's (0 and 7 are Sunday), and where both a day of the month and a weekday are given
    either will do, as with cron and Kubeflow.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        fields = _SHORTHANDS.get(text.strip().lower(), text).replace("?", "*").split()
        if len(fields) == 5:
            fields = ["0", *fields]
        if len(fields) != 6:
            raise InputError(f"cron {text!r} has {len(fields)} fields; accepted: {_ACCEPTED}")
        try:
            self._trigger = _trigger(dict(zip(_FIELDS, fields, strict=True)))
        except ValueError as problem:
            raise InputError(f"cron {text!r}: {problem}; accepted: {_ACCEPTED}") from problem
        if self.after(datetime.now().astimezone()) is None:
            raise InputError(f"cron {text!r} names no time that will ever come; accepted: {_ACCEPTED}")

    def after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`, which knows its time zone; None when there is none."""
        found: datetime | None = self._trigger.get_next_fire_time(moment, moment)
        return found


def _trigger(fields: dict[str, str]) -> BaseTrigger:
    fields["day_of_week"] = _weekdays(fields["day_of_week"])
    if "*" in (fields["day"], fields["day_of_week"]):
        return CronTrigger(**fields)
    either = ({**fields, "day": "*"}, {**fields, "day_of_week": "*"})
    return OrTrigger([CronTrigger(**one) for one in either])


def _weekdays(field: str) -> str:
    """Cron's weekdays as names, for the trigger numbers them from Monday; raises ValueError for what names none."""
    if field == "*":
        return field
    days: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = 0 if span == "*" else _weekday(first)
        high = 6 if span == "*" else _weekday(last) if dash else 6 if step else low
        if (step and not (step.isdigit() and int(step))) or high < low:
            raise ValueError(f"{part!r} names no weekdays")
        days |= {day % 7 for day in range(low, high + 1, int(step or 1))}
    return ",".join(_DAYS[day] for day in sorted(days))


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text.isdigit() and int(text) <= 7:
        return int(text)
    raise ValueError(f"{text!r} is no weekday (0 to 7, or sun to sat)")
