"""Monthly partitions made ahead, by a real PostgreSQL server."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from infra.compose.databases import Partitions
from infra.services.partitions import script
from tests.integration.services.postgres_server import PostgresServer, running

MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')"
"""The first moment of this month, in the time zone that partitions are made for by default."""

A_WHILE = 300
"""Seconds within which a test has long ended."""


@pytest.fixture(scope="module")
def shared() -> Iterator[PostgresServer]:
    """Run one server for all tests."""
    with running() as server:
        yield server


@pytest.fixture
def server(shared: PostgresServer) -> PostgresServer:
    """Return the server with an empty database, and a month that does not end meanwhile."""
    left = f"EXTRACT(epoch FROM {MONTH} + interval '1 month' - (now() AT TIME ZONE 'UTC'))"
    shared.ask(f"SELECT CASE WHEN {left} < {A_WHILE} THEN pg_sleep({left}) END")
    shared.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS audit CASCADE")
    return shared


def wanted(table: str = "events", **changes: Any) -> Partitions:
    """Return what is wanted of a table, changed as asked."""
    return Partitions(**{"table": table, "ahead": 2, "database": None, "time_zone": "UTC", **changes})


def make(server: PostgresServer, *tables: Partitions) -> subprocess.CompletedProcess[str]:
    return server.read_by_a_shell(script(tables or [wanted()]))


def month(server: PostgresServer, later: int, form: str = "YYYY_MM") -> str:
    """Return a month after this one, as `2026_11`."""
    (found,) = server.ask(f"SELECT to_char({MONTH} + interval '{later} months', '{form}')")
    return found


def partitions(server: PostgresServer, table: str = "events") -> list[str]:
    """Return the partitions of a table, by name."""
    return server.ask(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid "
        "WHERE inhparent = :'table'::regclass ORDER BY relname",
        table=table,
    )


def expected(server: PostgresServer, table: str = "events", ahead: int = 2) -> list[str]:
    return [f"{table}_{month(server, later)}" for later in range(ahead + 1)]


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz"])
def test_this_month_and_those_ahead_get_a_partition_once(server: PostgresServer, kind: str) -> None:
    server.ask(f"CREATE TABLE events (at {kind} NOT NULL, what text) PARTITION BY RANGE (at)")
    made = make(server)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert partitions(server) == expected(server)
    assert all(f"made {name} of " in made.stderr for name in expected(server))
    server.ask(f"INSERT INTO events SELECT {MONTH} + interval '1 month 15 days', 'later'")
    assert server.ask('SELECT count(*) FROM :"name"', name=f"events_{month(server, 1)}") == ["1"]
    again = make(server)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_month_begins_where_the_time_zone_says(server: PostgresServer) -> None:
    server.ask("CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
    assert make(server, wanted(time_zone="Asia/Tokyo")).returncode == 0
    bounds = server.ask(
        "SET TimeZone = 'Asia/Tokyo'; "
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition ORDER BY relname"
    )
    assert all("-01 00:00:00+09') TO ('" in bound for bound in bounds), bounds


def test_names_are_taken_as_they_are(server: PostgresServer) -> None:
    name = "Ev'ents $(id); DROP TABLE x --"
    server.ask(f'CREATE SCHEMA audit; CREATE TABLE audit."{name}" (at date NOT NULL) PARTITION BY RANGE (at)')
    made = make(server, wanted(f"audit.{name}", ahead=1))
    assert made.returncode == 0, made.stderr
    assert server.ask(
        "SELECT count(*) FROM pg_class WHERE relispartition AND relnamespace = 'audit'::regnamespace"
    ) == ["2"]


def test_a_partition_belongs_to_the_owner_of_its_table_and_is_like_it(server: PostgresServer) -> None:
    server.ask(
        "DROP ROLE IF EXISTS writer; CREATE ROLE writer; CREATE TABLE kinds (id int PRIMARY KEY); "
        "CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now(), "
        "kind int REFERENCES kinds, twice int GENERATED ALWAYS AS (kind * 2) STORED, CHECK (kind > 0), "
        "PRIMARY KEY (id, at)) PARTITION BY RANGE (at); "
        "CREATE INDEX ON events (kind); ALTER TABLE events OWNER TO writer"
    )
    made = make(server)
    assert made.returncode == 0, made.stderr
    server.ask("INSERT INTO kinds VALUES (1); INSERT INTO events (kind) VALUES (1)")
    first = f"events_{month(server, 0)}"
    assert server.ask("SELECT tableowner FROM pg_tables WHERE tablename = :'name'", name=first) == ["writer"]
    assert server.ask("SELECT count(*) FROM pg_indexes WHERE tablename = :'name'", name=first) == ["2"]
    assert server.ask("SELECT id, twice FROM events") == ["1|2"]
    server.ask("DROP TABLE events; DROP ROLE writer")


def test_readers_are_not_locked_out(server: PostgresServer) -> None:
    server.ask("CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at)")
    with subprocess.Popen(
        [*server.client, "--dbname", "app"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        print("BEGIN; SELECT count(*) FROM events;", file=reader.stdin, flush=True)
        assert reader.stdout.readline() == "0\n"
        made = make(server)
        reader.stdin.close()
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize(
    "ranges",
    [
        ["(MINVALUE) TO (MAXVALUE)"],
        ["('2000-01-01') TO ('2999-01-01')"],
        ["(MINVALUE) TO ('{half}')", "('{half}') TO (MAXVALUE)"],
    ],
)
def test_months_that_other_partitions_hold_are_left_to_them(server: PostgresServer, ranges: list[str]) -> None:
    half = month(server, 1, "YYYY-MM-15")
    server.ask("CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
    for number, text in enumerate(ranges):
        server.ask(f"CREATE TABLE own{number} PARTITION OF events FOR VALUES FROM {text.format(half=half)}")
    made = make(server)
    assert (made.returncode, made.stderr) == (0, "")
    assert partitions(server) == [f"own{number}" for number in range(len(ranges))]


def test_a_month_that_is_taken_in_part_fails_and_the_others_are_made(server: PostgresServer) -> None:
    begins, ends = month(server, 1, "YYYY-MM-10"), month(server, 1, "YYYY-MM-17")
    server.ask(
        "CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at); "
        f"CREATE TABLE week PARTITION OF events FOR VALUES FROM ('{begins}') TO ('{ends}')"
    )
    failed = make(server)
    assert failed.returncode == 1
    assert f"events_{month(server, 1)}: a part of the month is taken by public.week" in failed.stderr
    assert "next month has no partition" in failed.stderr
    assert partitions(server) == [f"events_{month(server, 0)}", f"events_{month(server, 2)}", "week"]


def test_rows_in_the_default_partition_are_told_and_kept(server: PostgresServer) -> None:
    server.ask(
        "CREATE TABLE events (at timestamp NOT NULL) PARTITION BY RANGE (at); "
        "CREATE TABLE rest PARTITION OF events DEFAULT; "
        f"INSERT INTO events SELECT {MONTH} + interval '1 month 3 days'"
    )
    failed = make(server)
    assert failed.returncode == 1
    name = f"events_{month(server, 1)}"
    assert f"{name}: the default partition holds rows of it, move them to a table of their own first" in failed.stderr
    assert server.ask("SELECT count(*) FROM rest") == ["1"]
    assert partitions(server) == [f"events_{month(server, 0)}", f"events_{month(server, 2)}", "rest"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT 1", "there is no table events in database app"),
        ("CREATE TABLE events (at date)", "is not partitioned by the range of one column"),
        ("CREATE TABLE events (at date) PARTITION BY LIST (at)", "is not partitioned by the range of one column"),
        ("CREATE TABLE events (at date, id int) PARTITION BY RANGE (at, id)", "is not partitioned by the range of one"),
        ("CREATE TABLE events (at bigint) PARTITION BY RANGE (at)", "that is a date or a timestamp"),
        (
            "CREATE TABLE events (at date) PARTITION BY RANGE ((at + 1))",
            "is not partitioned by the range of one column",
        ),
    ],
)
def test_what_has_no_monthly_partitions_fails_with_the_reason(
    server: PostgresServer, statement: str, reason: str
) -> None:
    server.ask(statement)
    failed = make(server)
    assert failed.returncode == 1
    assert reason in failed.stderr
    assert failed.stderr.count("ERROR") == 1, failed.stderr


def test_a_name_that_is_taken_fails_with_it(server: PostgresServer) -> None:
    taken = f"events_{month(server, 1)}"
    server.ask(f"CREATE TABLE events (at date) PARTITION BY RANGE (at); CREATE TABLE {taken} (x int)")
    failed = make(server)
    assert failed.returncode == 1
    assert f'relation "{taken}" already exists' in failed.stderr


def test_a_name_that_would_be_cut_off_fails(server: PostgresServer) -> None:
    name = "e" * 60
    server.ask(f"CREATE TABLE {name} (at date) PARTITION BY RANGE (at)")
    failed = make(server, wanted(name))
    assert failed.returncode == 1
    assert "is longer than 63 bytes" in failed.stderr


def test_a_table_that_fails_holds_up_no_other_one(server: PostgresServer) -> None:
    server.ask("CREATE TABLE events (at date) PARTITION BY RANGE (at)")
    failed = make(server, wanted("missing"), wanted())
    assert failed.returncode == 1
    assert partitions(server) == expected(server)


def test_another_database_is_gone_to_when_it_is_named(server: PostgresServer) -> None:
    server.ask("CREATE DATABASE other")
    server.ask("CREATE TABLE events (at date) PARTITION BY RANGE (at)", database="other")
    assert make(server, wanted(database="other")).returncode == 0
    assert server.ask("SELECT count(*) FROM pg_class WHERE relispartition", database="other") == ["3"]
    server.ask("DROP DATABASE other")


def test_an_unknown_time_zone_and_a_server_that_is_away_fail(server: PostgresServer) -> None:
    unknown = make(server, wanted(time_zone="Mars/Olympus"))
    assert unknown.returncode == 1
    assert 'invalid value for parameter "TimeZone"' in unknown.stderr
    away = make(server, wanted(database="nowhere"))
    assert away.returncode == 1
    assert 'database "nowhere" does not exist' in away.stderr


def test_functions_of_a_user_are_not_taken_for_those_of_postgresql(server: PostgresServer) -> None:
    server.ask(
        "CREATE TABLE events (at date) PARTITION BY RANGE (at); CREATE TABLE trap (x int); "
        "CREATE FUNCTION public.format(text, name, text, regclass) RETURNS text LANGUAGE sql AS "
        "'INSERT INTO public.trap VALUES (1); SELECT pg_catalog.format($1, $2, $3, $4)'"
    )
    assert make(server).returncode == 0
    assert server.ask("SELECT count(*) FROM trap") == ["0"]
