"""Texts written to a server."""

import base64
import json

from infra.profiles import HostSetting, Override, Value, settings
from infra.server import render


def setting(name: str, value: Value) -> HostSetting:
    return HostSetting(name=name, value=value, source="a test")


def test_settings_of_docker_are_values_in_json() -> None:
    found = [setting("docker/icc", value=False), setting("docker/log-opts.max-size", "10m")]
    assert render.daemon_json(found) == {"icc": "false", "log-opts.max-size": '"10m"'}


def test_docker_gets_what_the_hardened_profile_says() -> None:
    overrides = {"docker/log-opts.max-size": Override(value="50m", reason="verbose import jobs")}
    found = [each for each in settings("hardened", "bookworm", overrides) if each.family == "docker"]
    pools = [{"base": "172.17.0.0/16", "size": 16}, {"base": "172.20.0.0/14", "size": 24}]
    assert render.daemon_json(found) == {
        "default-address-pools": json.dumps(pools),
        "experimental": "true",
        "icc": "false",
        "ip6tables": "true",
        "live-restore": "true",
        "log-driver": '"json-file"',
        "log-opts.max-file": '"3"',
        "log-opts.max-size": '"50m"',
        "no-new-privileges": "true",
        "userland-proxy": "true",
    }


def test_the_journal_is_a_drop_in() -> None:
    text = render.journald([setting("journald/SystemMaxUse", "500M"), setting("journald/Storage", "persistent")])
    assert text == "[Journal]\nSystemMaxUse=500M\nStorage=persistent\n"


def test_a_login_is_what_docker_reads() -> None:
    auths = json.loads(render.registry_login({"registry.example.com": ("ci", "a:b")}))["auths"]
    assert base64.b64decode(auths["registry.example.com"]["auth"]) == b"ci:a:b"
