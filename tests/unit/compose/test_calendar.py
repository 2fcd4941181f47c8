"""Times by the calendar, and lines of cron that people are used to."""

import pytest

from infra.compose import calendar as calendars
from infra.compose.calendar import calendar, longest_wait

EXAMPLE = "must be a time as systemd writes it, such as `*-*-* 03:00`, `Mon..Fri 09:30` or `hourly`"


@pytest.mark.parametrize(
    "text",
    [
        "hourly",
        "daily UTC",
        "*-*-* 03:00",
        "Mon..Fri 09:30",
        "Sat,Sun 10:00:30",
        "monday",
        "Mon,Wed..Fri *-*-1..7 04:00 Europe/Berlin",
        "*:0/5",
        "2027-02-29",
        "02-29",
        "*-*~1 23:59",
        "*-1,4,7,10-01 00:00:00",
    ],
)
def test_a_time_of_systemd_is_taken(text: str) -> None:
    assert calendar(f" {text.replace(' ', '  ')} ") == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "noon",
        "3",
        "25:00",
        "12:60",
        "*-13-01",
        "*-*-32",
        "*-*-* 03:00 Mars/Olympus",
        "03:00 Mon",
        "Fri..Mon",
        "Mon..Tue..Wed",
        "5..1:00",
        "*/0:00",
        "hourly daily",
        "1 2 3 4 5 6",
        7,
        None,
        ["hourly"],
    ],
)
def test_what_is_no_time_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValueError, match="must be") as refused:
        calendar(value)
    assert str(refused.value) == EXAMPLE


@pytest.mark.parametrize(
    ("cron", "written"),
    [
        ("0 3 * * *", "*-*-* 03:00"),
        ("*/5 * * * *", "*-*-* *:00/5"),
        ("30 9 * * 1-5", "Mon..Fri *-*-* 09:30"),
        ("0 0 1 * *", "*-*-01 00:00"),
        ("15 2 1,15 jan *", "*-01-01,15 02:15"),
        ("0 */6 * * sun", "Sun *-*-* 00/6:00"),
        ("0 8-18/2 * * MON-FRI", "Mon..Fri *-*-* 08..18/2:00"),
        ("0 4 * * 0-2", "Sun,Mon..Tue *-*-* 04:00"),
        ("0 4 * * 7", "Sun *-*-* 04:00"),
        ("0 4 * * 0,6", "Sun,Sat *-*-* 04:00"),
        ("@daily", "daily"),
        ("@midnight", "daily"),
    ],
)
def test_a_line_of_cron_is_told_as_systemd_writes_it(cron: str, written: str) -> None:
    assert calendar(written) == written
    with pytest.raises(ValueError, match="cron") as refused:
        calendar(cron)
    assert str(refused.value) == f"is a line of cron: write `{written}`"


@pytest.mark.parametrize("cron", ["0 0 1 * 1", "@reboot", "99 * * * *", "0 22-2 * * *", "0 3 * * 9", "0 3 * * mo"])
def test_a_line_of_cron_that_systemd_cannot_say_gets_an_example(cron: str) -> None:
    with pytest.raises(ValueError, match="cron") as refused:
        calendar(cron)
    wanted = EXAMPLE.removeprefix("must be ")
    assert str(refused.value) == f"is a line of cron: {wanted} is wanted"


def test_a_machine_without_time_zones_leaves_them_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendars, "available_timezones", set)
    assert calendar("03:00 Europe/Berlin") == "03:00 Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Sun *-*-* 04:00", 7),
        ("weekly", 7),
        ("monthly", 31),
        ("quarterly", 92),
        ("annually", 366),
        ("04:00", 1),
        ("Mon..Fri 09:30 Europe/Berlin", 3),
        ("*-*-1/10 02:00 UTC", 10),
        ("*-*~01", 31),
        ("*-02-29", 1461),
        ("Sun *-*-1..7", 35),
        ("Mon *-05~07/1 03:00", 371),
        ("2026-01-01", 3000),
    ],
)
def test_the_longest_wait_between_two_times_is_known_in_days(text: str, days: int) -> None:
    assert longest_wait(calendar(text)) == days * 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("minutely", 60),
        ("hourly", 3600),
        ("*:0/5", 300),
        ("*:*:0/10 UTC", 10),
        ("*-*-* 02,14:00", 12 * 3600),
        ("06..20:30", 10 * 3600),
        ("01,02:00,10:30", 23 * 3600 - 600),
        ("Sun 02,14:00", 6 * 86_400 + 12 * 3600),
    ],
)
def test_the_longest_wait_is_known_within_a_day_and_over_a_night(text: str, seconds: int) -> None:
    assert longest_wait(calendar(text)) == seconds
