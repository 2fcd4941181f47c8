"""When a job runs, as systemd.time(7) writes it; a line of cron is told in that form."""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import PlainValidator, WithJsonSchema

_WORDS = frozenset(
    {"minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually"}
)
_WRITTEN_OUT = {
    "minutely": "*:*",
    "hourly": "*:00",
    "weekly": "mon",
    "monthly": "*-01",
    "quarterly": "01,04,07,10-01",
    "semiannually": "01,07-01",
    "yearly": "01-01",
    "annually": "01-01",
}
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = tuple(day[:3] for day in _LONG_DAYS)
_CRON_DAYS = (_DAYS[-1], *_DAYS)
"""By their numbers: Sunday has two."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIRST_DAY = date(2024, 1, 1)
_DAYS_LOOKED_AT = 3000
"""Eight years and more, so that there are three leap days."""
_DAY_SECONDS = 86_400
_CRON_WORDS = {"@midnight": "daily", "@reboot": "", **{f"@{word}": word for word in _WORDS}}
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_CRON_FIELDS = 5
_ITEM = re.compile(r"(?:\*|(\d+)(?:\.\.(\d+))?)(?:/(\d+))?")
_CRON_ITEM = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_LAST_YEAR = 2199
_BOUNDS = 2
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_EXAMPLE = "must be a time as systemd writes it, such as `*-*-* 03:00`, `Mon..Fri 09:30` or `hourly`"
_DATE = re.compile(r"(?:(?P<year>[0-9*,./]+)-)?(?P<month>[0-9*,./]+)[-~](?P<day>[0-9*,./]+)")
_TIME = re.compile(r"(?P<hour>[0-9*,./]+):(?P<minute>[0-9*,./]+)(?::(?P<second>[0-9*,./]+))?")
_RANGES = {
    "year": (1970, _LAST_YEAR),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}


def calendar(value: Any) -> str:
    """Return a time by the calendar, with single spaces.

    Raises:
        ValueError: it is none, as far as that can be told without systemd; one of cron is told in systemd's form.
    """
    words = value.split() if isinstance(value, str) else []
    if is_cron(words):
        raise ValueError(_advice(words))
    if not _is_calendar(words):
        raise ValueError(_EXAMPLE)
    return " ".join(words)


def longest_wait(text: str) -> int:
    """Return the most seconds between two times by a calendar, of a clock that is never put forward or back.

    Args:
        text: what `calendar` has returned.
    """
    words = [_WRITTEN_OUT.get(word, word) for word in text.lower().split()]
    weekdays = next(filter(_is_weekdays, words), "mon..sun")
    dates = next(filter(_is_date, words), "*-*")
    days = (_FIRST_DAY + timedelta(days=number) for number in range(_DAYS_LOOKED_AT))
    found = [day for day in days if day.weekday() in _numbers_of(weekdays) and _is_on(dates, day)]
    days_between = max(((later - earlier).days for earlier, later in pairwise(found)), default=_DAYS_LOOKED_AT)
    times = _times_of_day(next(filter(_is_time, words), "00:00"))
    overnight = days_between * _DAY_SECONDS - (times[-1] - times[0])
    return max(overnight, *(later - earlier for earlier, later in pairwise(times)), 0)


def is_cron(words: Sequence[str]) -> bool:
    """Tell whether these are the words of a line of cron."""
    if len(words) == 1:
        return words[0].lower() in _CRON_WORDS
    return len(words) == _CRON_FIELDS and all(_CRON_FIELD.fullmatch(word) for word in words)


def _is_calendar(words: Sequence[str]) -> bool:
    """Tell whether these are weekdays, date, time and zone, each of them at most once and in this order."""
    rest = list(words)
    if len(rest) > 1 and _is_zone(rest[-1]):
        rest.pop()
    if len(rest) == 1 and rest[0].lower() in _WORDS:
        return True
    kinds: tuple[Callable[[str], bool], ...] = (_is_weekdays, _is_date, _is_time)
    number = len(rest)
    for fits in kinds:
        if rest and fits(rest[0]):
            rest.pop(0)
    return number > 0 and not rest


def _is_zone(word: str) -> bool:
    # A machine may have none of them: the server, which has the last word, does.
    known = available_timezones()
    return word == "UTC" or bool(_ZONE.fullmatch(word) and (word in known or not known) and not _is_weekdays(word))


def _is_weekdays(word: str) -> bool:
    for item in word.lower().split(","):
        numbers = [_DAYS.index(day[:3]) if day in {*_DAYS, *_LONG_DAYS} else -1 for day in item.split("..")]
        if min(numbers) < 0 or numbers != sorted(numbers) or len(numbers) > _BOUNDS:
            return False
    return True


def _is_date(word: str) -> bool:
    return _fits(_DATE.fullmatch(word))


def _numbers_of(weekdays: str) -> set[int]:
    """Return the weekdays by their numbers, Monday first."""
    found: set[int] = set()
    for item in weekdays.split(","):
        numbers = [_DAYS.index(day[:3]) for day in item.split("..")]
        found.update(range(numbers[0], numbers[-1] + 1))
    return found


def _is_on(dates: str, day: date) -> bool:
    """Tell whether a day is one of the dates."""
    match = _DATE.fullmatch(dates)
    if match is None:
        return False
    last = monthrange(day.year, day.month)[1]
    # Behind `~` days are counted from the end of the month, and a step leads towards it.
    counted, step = (last + 1 - day.day, -1) if "~" in dates else (day.day, 1)
    return (
        _has(match["year"] or "*", day.year, "year")
        and _has(match["month"], day.month, "month")
        and _has(match["day"], counted, "day", step)
    )


def _times_of_day(text: str) -> list[int]:
    """Return the times by their seconds of the day, the earliest first."""
    match = _TIME.fullmatch(text)
    parts = match.groupdict(default="00") if match else {}
    hours, minutes, seconds = (
        [number for number in range(_RANGES[part][1] + 1) if _has(parts.get(part, "00"), number, part)]
        for part in ("hour", "minute", "second")
    )
    return [3600 * hour + 60 * minute + second for hour in hours for minute in minutes for second in seconds]


def _has(text: str, number: int, part: str, direction: int = 1) -> bool:
    first, last = _RANGES[part][::direction]
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            continue
        begin, step = int(match[1] or first), direction * int(match[3] or 1)
        end = int(match[2] or (last if match[3] or not match[1] else begin))
        if min(begin, end) <= number <= max(begin, end) and (number - begin) % step == 0:
            return True
    return False


def _is_time(word: str) -> bool:
    return _fits(_TIME.fullmatch(word))


def _fits(match: re.Match[str] | None) -> bool:
    """Tell whether every part of a date or a time is within its bounds."""
    parts = match.groupdict() if match else {}
    return bool(parts) and all(_is_within(text, *_RANGES[name]) for name, text in parts.items() if text is not None)


def _is_within(text: str, first: int, last: int) -> bool:
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None or match[3] == "0":
            return False
        begin, end = int(match[1] or first), int(match[2] or match[1] or last)
        if not first <= begin <= end <= last:
            return False
    return True


def _advice(words: Sequence[str]) -> str:
    """Return what to write in place of a line of cron."""
    written = _CRON_WORDS.get(words[0].lower()) if len(words) == 1 else _translated(*words)
    if written:
        return f"is a line of cron: write `{written}`"
    return f"is a line of cron: {_EXAMPLE.removeprefix('must be ')} is wanted"


def _translated(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    """Return a line of cron as systemd writes it, or nothing where there is no such time."""
    if day != "*" and weekday != "*":
        # Cron means either of the two, systemd both.
        return ""
    time = [_field(minute, 0), _field(hour, 0)]
    date = [_field(day, 1), _field(_numbered(month, _MONTHS, 1), 1)]
    days = _weekdays(_numbered(weekday, _CRON_DAYS, 0))
    if days is None or None in (*time, *date):
        return ""
    written = f"{days} *-{date[1]}-{date[0]} {time[1]}:{time[0]}".strip()
    return written if _is_calendar(written.split()) else ""


def _numbered(field: str, names: Sequence[str], first: int) -> str:
    """Return a field with numbers in place of names."""
    return re.sub(
        "[a-z]+",
        lambda match: str(names.index(match[0]) + first) if match[0] in names else match[0],
        field.lower(),
    )


def _field(field: str, first: int) -> str | None:
    """Return a field of cron in systemd's form; a single digit of a time gets its zero."""
    items = []
    for item in field.split(","):
        match = _CRON_ITEM.fullmatch(item)
        if match is None:
            return None
        begin, end, step = match.groups()
        text = "*" if begin is None else begin.zfill(2)
        text += f"..{end.zfill(2)}" if end else ""
        if step:
            text = f"{str(first).zfill(2)}/{step}" if text == "*" else f"{text}/{step}"
        items.append(text)
    return ",".join(items)


def _weekdays(field: str) -> str | None:
    """Return the weekdays of a line of cron, nothing for all of them; None where systemd has no such list."""
    if field == "*":
        return ""
    days = []
    for item in field.split(","):
        numbers = [int(number) if number.isdecimal() else len(_CRON_DAYS) for number in item.split("-")]
        if max(numbers) >= len(_CRON_DAYS):
            return None
        if numbers[0] == 0 and len(numbers) > 1:
            # A week of systemd ends on Sunday.
            days.append(_CRON_DAYS[0])
            numbers[0] = 1
        days.append("..".join(_CRON_DAYS[number].capitalize() for number in dict.fromkeys(numbers)))
    return ",".join(day.capitalize() if ".." not in day else day for day in days)


Calendar = Annotated[
    str,
    PlainValidator(calendar),
    WithJsonSchema({"type": "string", "title": "calendar", "examples": ["*-*-* 03:00", "Mon..Fri 09:30"]}),
]
