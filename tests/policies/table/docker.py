"""What else Docker has: volumes, networks, images, secrets, and the way to the engine."""

import base64
import json
from typing import Any

from policies.guard import types
from tests.policies.table.case import Case, Given
from tests.policies.table.containers import COMPLIANT

DIGEST = "c" * 64
NAMED = f"ghcr.io/example/shop@sha256:{DIGEST}"
VOLUME = Given(kind=types.VOLUME, name="shop-volume-data", inputs={"name": "dev-shop-data"})
BACKUP = Given(kind=types.BACKUPS, name="shop-backups", inputs={"kept": ["dev-shop-data", "/srv/dev-shop/uploads"]})
SPARING = Given(kind=types.PRODUCT, name="shop", inputs={"spared": {"/srv/dev-shop/cache": "made anew"}})
KEPT = (BACKUP, SPARING)
PRODUCT = COMPLIANT.with_inputs(
    labels=[{"label": "slipway.stack", "value": "dev"}, {"label": "slipway.product", "value": "shop"}]
)
OVERLAY = Given(kind=types.NETWORK, name="shop", inputs={"driver": "overlay", "options": {"encrypted": ""}})
REMOTE = Given(kind=types.REMOTE_IMAGE, name="shop", inputs={"name": NAMED})
HOST = Given(kind=types.HOST_IMAGE, name="shop", inputs={"reference": NAMED})
PUSHED = Given(kind=types.REGISTRY_IMAGE, name="shop", inputs={"name": "ghcr.io/example/shop:1f0c2aa"})
SEALED = Given(
    kind=types.SWARM_SECRET,
    name="shop",
    inputs={"name": "key", "data": base64.b64encode(b"correct-horse-battery").decode()},
)
PASSWORD = Given(kind=types.RANDOM_PASSWORD, name="shop-db_password", inputs={"length": 32})
OPTIONS = ["-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=.lab/known_hosts"]
PROVIDER = Given(
    kind=types.DOCKER_PROVIDER,
    name="main-docker",
    inputs={"host": "ssh://deploy@203.0.113.7:22", "sshOpts": json.dumps(OPTIONS)},
)


def _case(rule: str, good: Given, **change: Any) -> Case:
    return Case(rule=rule, good=good, change=change)


def _folder(path: str, **more: Any) -> dict[str, Any]:
    return {"mounts": [{"type": "bind", "source": path, "target": "/x", **more}]}


CASES = (
    _case("volume_does_not_reach_the_docker_socket", VOLUME, driverOpts={"o": "bind", "device": "/var/run"}),
    Case(rule="data_is_protected", good=VOLUME, bad=VOLUME.changed(protect=False)),
    Case(rule="data_is_protected", good=PASSWORD, bad=PASSWORD.changed(protect=False)),
    Case(rule="volume_is_backed_up", good=VOLUME, beside=KEPT, change={"name": "dev-shop-other"}),
    *(
        Case(rule="volume_is_backed_up", good=PRODUCT.with_inputs(**_folder(good)), beside=KEPT, change=bad)
        for good, bad in (
            ("/srv/dev-shop/uploads", _folder("/srv/dev-shop/uploads-2")),
            ("/srv/dev-shop/uploads/in/", _folder("/srv/dev-shop")),
            ("/srv/dev-shop/cache", {"volumes": [{"hostPath": "/srv/dev-shop/x", "containerPath": "/x"}]}),
            ("/srv/other/files", _folder("/srv/dev-shop/uploads/../pgdata")),
        )
    ),
    Case(
        rule="volume_is_backed_up",
        good=PRODUCT.with_inputs(**_folder("/srv/dev-shop/other", readOnly=True)),
        worse=(),
        change=_folder("/srv/dev-shop/uploads"),
    ),
    _case("overlay_network_is_encrypted", OVERLAY, options={}),
    _case("image_is_named_by_digest", REMOTE, name="nginx:latest"),
    _case("image_is_named_by_digest", HOST, reference="nginx:latest"),
    *(_case("pushed_image_has_a_tag_of_its_own", PUSHED, name=f"ghcr.io/x/y{tag}") for tag in ("", ":latest", ":main")),
    *(
        _case("image_comes_from_a_known_registry", good, **{place: f"example.net/x@sha256:{DIGEST}"})
        for good, place in ((REMOTE, "name"), (HOST, "reference"), (PUSHED, "name"))
    ),
    _case("image_comes_from_a_known_registry", PUSHED, insecureSkipVerify=True),
    _case("password_is_not_weak", SEALED, data=base64.b64encode(b"postgres").decode()),
    _case("password_is_not_weak", PASSWORD, length=8),
    *(
        _case("engine_is_reached_safely", PROVIDER, **change)
        for change in (
            {"host": "tcp://203.0.113.7:2375"},
            {"host": "ssh://root@203.0.113.7"},
            {"sshOpts": json.dumps(["-o", "StrictHostKeyChecking=no"])},
            {"sshOpts": ["-o", "UserKnownHostsFile=/dev/null"]},
        )
    ),
)
