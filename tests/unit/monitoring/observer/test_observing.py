"""The observer: what it writes of containers, releases, backups and certificates."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.edge import shared
from infra.monitoring.observer import places
from infra.monitoring.observer.fleet import Fleet
from infra.monitoring.observer.metrics import FAMILIES, Page
from infra.monitoring.observer.observing import FILE, Observer
from infra.monitoring.observer.watch import ANYTHING, Event, Watch
from tests.certificates import Authority
from tests.tiers import require_packages
from tests.unit.monitoring.observer.conftest import END, END_SECONDS, Server

RELEASE = {"id": "1", "end": END, "result": "good"}
BACKUP = {"kind": "backup", "target": "disk", "start": "2026-11-22T09:59:30+00:00", "end": END, "exit": 0, "size": 70}
DRILL = {"kind": "drill", "target": "disk", "end": END, "exit": 0, "rpo_seconds": 60, "rto_seconds": 4.5, "tables": {}}
PLAN = {
    "product": "dev-shop",
    "stale_after": 10_800,
    "drill_wait": 604_800,
    "targets": [{"name": "disk"}, {"name": "never"}],
}


@pytest.fixture
def observer(server: Server) -> Observer:
    """Return an observer that nobody tells of events."""
    assert server.root.exists()
    return Observer(Watch())


def look(observer: Observer, *events: Event) -> dict[str, float]:
    """Look once; return series to value."""
    observer.look(list(events))
    lines = (places.METRICS / FILE).read_text(encoding="utf-8").splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {series: float(value) for series, _, value in pairs}


def of(metrics: Mapping[str, float], name: str) -> dict[str, float]:
    """Return the values of a metric of containers, by container."""
    begin = f"slipway_container_{name}{{"
    return {
        series.partition('container="')[2].partition('"')[0]: value
        for series, value in metrics.items()
        if series.startswith(begin)
    }


def test_a_service_speaks_by_its_newest_container_that_runs(observer: Observer, server: Server) -> None:
    server.container("dev-shop-web-aaaaaaaa", release="aaaaaaaa", Created="2026-11-22T09:00:00Z")
    server.container("dev-shop-web-bbbbbbbb", release="bbbbbbbb", state={"Status": "exited", "ExitCode": 1})
    server.container("dev-shop-db", service="db", release="cccccccc")
    seen = look(observer)
    assert of(seen, "desired") == {"dev-shop-web-aaaaaaaa": 1, "dev-shop-db": 1}
    assert of(seen, "up") == {"dev-shop-web-aaaaaaaa": 1, "dev-shop-web-bbbbbbbb": 0, "dev-shop-db": 1}
    assert of(seen, "exit_code")["dev-shop-web-bbbbbbbb"] == 1
    assert of(seen, "healthy") == {"dev-shop-web-aaaaaaaa": 1, "dev-shop-db": 1}, "what does not run is not ill"
    assert of(seen, "image_pinned")["dev-shop-db"] == 1
    assert of(seen, "memory_limit_bytes")["dev-shop-db"] == 128 << 20


def test_a_service_without_a_container_is_down_and_one_that_ends_is_not_missed(
    observer: Observer, server: Server
) -> None:
    services = {"web": {"ends": False}, "setup": {"ends": True}}
    server.declare({"stack": "dev", "products": {"shop": {"services": services, "hosts": []}}})
    seen = look(observer)
    labels = 'stack="dev",product="shop",service="{}",container=""'
    assert seen[f"slipway_container_up{{{labels.format('web')}}}"] == 0
    assert seen[f"slipway_container_desired{{{labels.format('setup')}}}"] == 0
    assert f"slipway_container_up{{{labels.format('setup')}}}" not in seen


def test_what_is_prepared_for_a_job_is_no_container_that_is_down(observer: Observer, server: Server) -> None:
    prepared = {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}
    server.container("dev-shop-web-job-clean-aaaaaaaa", release="aaaaaaaa", state=prepared)
    server.container("dev-shop-web-migrate-aaaaaaaa", release="aaaaaaaa", state={"Status": "running"})
    seen = look(observer)
    assert of(seen, "up") == {"dev-shop-web-migrate-aaaaaaaa": 1, "": 0}
    assert any('service="web.migrate"' in series for series in seen)


@pytest.mark.parametrize("version", [1, 2])
def test_the_kernel_says_what_a_container_uses(version: int, observer: Observer, server: Server) -> None:
    identity = server.container("dev-shop-web-aaaaaaaa", release="aaaaaaaa", state={"Pid": 77})
    server.account(77, identity, version=version)
    seen = look(observer)
    assert of(seen, "memory_bytes") == {"dev-shop-web-aaaaaaaa": 4000}
    assert of(seen, "cpu_seconds_total") == {"dev-shop-web-aaaaaaaa": pytest.approx(2.5)}


def test_a_restart_of_docker_takes_nobody_down_who_runs_on(observer: Observer, server: Server) -> None:
    identity = server.container("dev-shop-web-aaaaaaaa", release="aaaaaaaa", state={"Pid": 77})
    server.container("dev-shop-db", service="db", state={"Pid": 78})
    server.account(77, identity, version=2)
    assert set(of(look(observer), "up").values()) == {1}
    server.engine.replies["GET", "/containers/json"] = b"not json"
    seen = look(observer, ANYTHING)
    assert seen["slipway_docker_up"] == 0
    assert of(seen, "up") == {"dev-shop-web-aaaaaaaa": 1, "dev-shop-db": 0}


def test_an_event_has_one_container_asked_for(observer: Observer, server: Server) -> None:
    web = server.container("dev-shop-web-aaaaaaaa", release="aaaaaaaa")
    db = server.container("dev-shop-db", service="db")
    look(observer)
    server.engine.asked.clear()
    server.container("dev-shop-db", service="db", state={"Status": "restarting", "ExitCode": 137}, RestartCount=3)
    seen = look(observer, Event("oom", db), Event("die", db))
    assert [path for _, path, _ in server.engine.asked] == [f"/containers/{db}/json"]
    assert of(seen, "oom_kills_total")["dev-shop-db"] == 1
    assert of(seen, "restarts_total")["dev-shop-db"] == 3
    assert of(seen, "up")["dev-shop-db"] == 0
    server.gone(web)
    assert "dev-shop-web-aaaaaaaa" not in of(look(observer, Event("destroy", web)), "up")


def test_a_check_that_fails_is_ill_and_one_that_begins_is_not(observer: Observer, server: Server) -> None:
    server.container("dev-shop-web-aaaaaaaa", state={"Health": {"Status": "starting"}})
    server.container("dev-shop-db", service="db", state={"Health": {"Status": "unhealthy"}})
    assert of(look(observer), "healthy") == {"dev-shop-web-aaaaaaaa": 1, "dev-shop-db": 0}


def test_releases_are_counted_for_ever_although_records_are_bounded(observer: Observer, server: Server) -> None:
    path = places.HISTORY / "dev-shop" / "web.jsonl"
    counted = 'slipway_releases_total{stack="dev",product="shop",service="web",result="%s"}'
    assert look(observer)[counted % "good"] == 0, "the first one must be seen as one more"
    server.record(path, RELEASE, {**RELEASE, "id": "2", "result": "failed", "end": "2026-11-22T10:05:00+00:00"})
    seen = look(observer)
    assert (seen[counted % "good"], seen[counted % "failed"]) == (1, 1)
    assert look(observer)[counted % "good"] == 1, "each is counted once"
    last = 'slipway_release_last_timestamp_seconds{stack="dev",product="shop",service="web",result="good"}'
    assert seen[last] == END_SECONDS
    server.record(path, {**RELEASE, "id": "3", "end": "2026-11-22T10:06:00+00:00"})
    again = look(Observer(Watch()))
    assert (again[counted % "good"], again[counted % "failed"]) == (2, 1), "also by an observer that was restarted"


def test_half_a_line_and_a_foreign_one_are_passed_over(observer: Observer, server: Server) -> None:
    path = places.HISTORY / "dev-shop" / "web.jsonl"
    server.write(path, f'{json.dumps(RELEASE)}\n[1]\n{{"result": "good", "end": 7}}\n{{"id": "2", "res')
    server.write(places.BACKUPS / "dev-shop.jsonl", '{"kind": "backup", "target": "disk", "exit": 0, "end": "now"}\n{')
    server.write(places.PLANS / "dev-shop" / "plan.json", json.dumps(PLAN))
    server.write(places.DECLARED / "other.json", '{"stack": "other", "products": ')
    server.write(places.ACME, '{"letsencrypt": {"Certificates": [{"certificate": "AAAA"}]}}')
    seen = look(observer)
    assert seen['slipway_releases_total{stack="dev",product="shop",service="web",result="good"}'] == 1
    assert not [series for series in seen if "last_success" in series]


def test_records_of_a_product_that_is_gone_are_not_told(observer: Observer, server: Server) -> None:
    server.record(places.HISTORY / "dev-blog" / "web.jsonl", RELEASE)
    server.record(places.BACKUPS / "dev-blog.jsonl", BACKUP)
    assert not [series for series in look(observer) if "blog" in series]


def test_a_lock_tells_that_a_product_is_being_changed(observer: Observer, server: Server) -> None:
    since = 'slipway_release_running_since_timestamp_seconds{stack="dev",product="shop"}'
    lock = places.LOCKS / "dev-shop.lock"
    server.write(lock, "")
    server.write(places.PROC / "locks", "1: FLOCK  ADVISORY  WRITE 7 00:01:2 0 EOF\n")
    assert look(observer)[since] == 0, "that one is somebody else's"
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        server.write(places.PROC / "locks", Path("/proc/locks").read_text(encoding="ascii"))
    begun = look(observer)[since]
    assert begun > END_SECONDS / 2
    assert look(observer)[since] == begun, "it began once"
    server.write(places.PROC / "locks", "")
    assert look(observer)[since] == 0


def test_backups_and_drills_are_told_by_target(observer: Observer, server: Server) -> None:
    server.write(places.PLANS / "dev-shop" / "plan.json", json.dumps(PLAN))
    failed = {**BACKUP, "exit": 1, "end": "2026-11-22T11:00:00+00:00", "reason": "the bucket is gone"}
    fresh = {"kind": "freshness", "target": "disk", "end": END, "exit": 1}
    server.record(places.BACKUPS / "dev-shop.jsonl", BACKUP, DRILL, failed, fresh)
    seen = look(observer)
    labels = '{stack="dev",product="shop",target="disk"}'
    assert {name: seen[f"slipway_{name}{labels}"] for name in ("backup_last_exit_code", "backup_fresh")} == {
        "backup_last_exit_code": 1,
        "backup_fresh": 0,
    }
    assert seen[f"slipway_backup_last_success_timestamp_seconds{labels}"] == END_SECONDS
    assert seen[f"slipway_backup_duration_seconds{labels}"] == 30
    assert seen[f"slipway_drill_recovery_point_seconds{labels}"] == 60
    assert seen[f"slipway_drill_recovery_time_seconds{labels}"] == pytest.approx(4.5)
    assert seen['slipway_backup_stale_after_seconds{stack="dev",product="shop",target="never"}'] == 10_800
    assert not [series for series in seen if "bucket" in series]


def test_a_drill_is_due_after_the_last_one_or_after_the_plan(observer: Observer, server: Server) -> None:
    plan = places.PLANS / "dev-shop" / "plan.json"
    server.write(plan, json.dumps(PLAN))
    os.utime(plan, (END_SECONDS + 100, END_SECONDS + 100))
    server.record(places.BACKUPS / "dev-shop.jsonl", BACKUP, DRILL)
    seen = look(observer)
    due = 'slipway_drill_due_timestamp_seconds{{stack="dev",product="shop",target="{}"}}'
    assert seen[due.format("disk")] == END_SECONDS + 604_800
    assert seen[due.format("never")] == END_SECONDS + 100 + 604_800
    server.write(plan, json.dumps({key: value for key, value in PLAN.items() if key != "drill_wait"}))
    seen = look(observer)
    assert due.format("disk") not in seen, "a guest may have written its plan before it told"
    assert 'slipway_backup_stale_after_seconds{stack="dev",product="shop",target="disk"}' in seen


def test_certificates_are_told_by_declared_host(observer: Observer, server: Server) -> None:
    authority = Authority()
    got = authority.issue(["shop.test", "www.shop.test"], days=40)
    encoded = base64.b64encode(got.chain.encode()).decode()
    server.write(places.ACME, json.dumps({"letsencrypt": {"Certificates": [{"certificate": encoded, "key": "x"}]}}))
    own = authority.issue(["*.own.test"], days=10)
    server.write(places.OWN_CERTIFICATES, shared.certificates([(own.chain, own.key)]))
    product = {"services": {}, "hosts": ["shop.test", "a.own.test", "none.test"]}
    server.declare({"stack": "dev", "products": {"shop": product}})
    seen = look(observer)
    now = seen["slipway_observed_timestamp_seconds"]
    days = {
        series.partition('host="')[2].partition('"')[0]: round((value - now) / 86_400)
        for series, value in seen.items()
        if "not_after" in series
    }
    assert days == {"shop.test": 40, "a.own.test": 10}


def test_drift_is_what_somebody_has_found(observer: Observer, server: Server) -> None:
    assert not [series for series in look(observer) if "drift" in series]
    server.write(places.DRIFT / "dev.json", json.dumps({"looked": END, "resources": 3}))
    assert look(observer)['slipway_drift_resources{stack="dev"}'] == 3


def test_labels_of_others_cannot_forge_a_metric() -> None:
    page = Page()
    page.add("slipway_docker_up", 1, {"name": 'a"} 0\nslipway_docker_up{b="\\'})
    lines = page.text().splitlines()
    assert lines[2:] == ['slipway_docker_up{name="a\\"} 0\\nslipway_docker_up{b=\\"\\\\"} 1']


def test_the_page_pleases_promtool(observer: Observer, server: Server) -> None:
    if shutil.which("promtool") is None:
        require_packages("prometheus")
    identity = server.container("dev-shop-web-aaaaaaaa", release="aaaaaaaa", state={"Pid": 77})
    server.account(77, identity, version=2)
    server.record(places.HISTORY / "dev-shop" / "web.jsonl", RELEASE)
    server.write(places.PLANS / "dev-shop" / "plan.json", json.dumps(PLAN))
    server.record(places.BACKUPS / "dev-shop.jsonl", BACKUP, DRILL, {**DRILL, "kind": "freshness"})
    server.write(places.DRIFT / "dev.json", json.dumps({"looked": END, "resources": 0}))
    chain = Authority().issue(["shop.test"]).chain.encode()
    stored = {"le": {"Certificates": [{"certificate": base64.b64encode(chain).decode()}]}}
    server.write(places.ACME, json.dumps(stored))
    seen = look(observer)
    names = {series.partition("{")[0] for series in seen}
    assert names == set(FAMILIES), "every metric is told here"
    page = (places.METRICS / FILE).read_bytes()
    judged = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b"")
    assert (places.METRICS / FILE).stat().st_mode & 0o777 == 0o644


def test_docker_is_listened_to_again_after_it_was_away(server: Server) -> None:
    told = [{"Action": "die", "Actor": {"ID": "x"}}, {"Action": "health_status: running", "Actor": {"ID": "x"}}]
    server.engine.replies["GET", "/events"] = "".join(f"{json.dumps(each)}\n" for each in told).encode()
    watch = Watch()
    watch.listen_once()
    assert heard(watch) == [ANYTHING, Event("die", "x"), ANYTHING]
    places.DOCKER_SOCKET.unlink()
    watch.listen_once()
    assert heard(watch) == [ANYTHING]


def test_a_container_that_was_killed_before_anybody_listened_counts_once(server: Server) -> None:
    db = server.container("dev-shop-db", service="db", state={"Status": "exited", "OOMKilled": True})
    fleet = Fleet()
    fleet.hear([])
    fleet.hear([ANYTHING])
    assert [fleet.oom_kills(each) for each in fleet.containers()] == [1], db


def heard(watch: Watch) -> list[Event]:
    found = []
    while not watch.events.empty():
        found.append(watch.events.get())
    return found
