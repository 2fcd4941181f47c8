"""Texts written to a server."""

import base64
import json

from infra.server import render


def test_every_key_is_a_line_of_its_own() -> None:
    assert render.authorized_keys(["ssh-ed25519 AAAA one\n", "ssh-ed25519 BBBB two"]) == (
        "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n"
    )


def test_containers_live_through_a_restart_of_docker() -> None:
    assert json.loads(render.daemon_json())["live-restore"] is True


def test_logs_of_a_container_are_bounded() -> None:
    assert json.loads(render.daemon_json())["log-opts"] == {"max-file": "3", "max-size": "10m"}


def test_a_login_is_what_docker_reads() -> None:
    auths = json.loads(render.registry_login({"registry.example.com": ("ci", "a:b")}))["auths"]
    assert base64.b64decode(auths["registry.example.com"]["auth"]) == b"ci:a:b"
