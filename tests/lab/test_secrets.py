"""Canaries: values that must never be seen outside the encrypted state and the files they are for."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from tests.lab.conftest import Workshop
from tests.lab.server import LabServer
from tests.lab.shop import GIVEN_UP_SOON

ASKING = """\
services:
  web:
    secrets: [stripe_key]
    environment: {{STRIPE_URL: 'https://{{secret:stripe_key}}@pay'}}
    {healthcheck}
secrets: {{stripe_key: {{external: true}}}}
"""
"""What asks for the canary as a file and in the environment."""


def backend(stack_environment: dict[str, str]) -> Path:
    """Return the folder of the state backend."""
    return Path(unquote(urlparse(stack_environment["PULUMI_BACKEND_URL"]).path))


def holders(folder: Path, canary: str) -> list[str]:
    """Return the files of a folder that hold a text."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def test_no_canary_leaves_the_state_in_plain_text(dev: Workshop, tmp_path: Path) -> None:
    canary = f"canary{secrets.token_hex(12)}"
    override = tmp_path / "canary.yaml"
    override.write_text(ASKING.format(healthcheck=""))

    def with_canary(config: Any) -> None:
        shop = config["slipway:products"]["shop"]
        shop["compose"].append(str(override))
        shop["secrets"]["stripe_key"] = {"config": "stripe-key"}

    dev.configure(with_canary)
    dev.keep_secret("stripe-key", canary)
    folder = "/srv/slipway/dev-shop/secrets"
    generated = [LabServer("dev").shell(f"cat {folder}/{name}") for name in ("db/db_password", "web/db_user")]
    web = f"{folder}/web/stripe_key"
    dev.stack.up("--diff").expect_success()
    assert LabServer("dev").shell(f"cat {web}") == canary
    LabServer("dev").shell(f"echo drifted >> {web}")
    dev.stack.refresh("--preview-only", "--diff")
    dev.stack.refresh("--yes", "--diff").expect_success()
    dev.stack.up("--diff").expect_success()
    assert LabServer("dev").shell(f"cat {web}") == canary, "the drift was not healed"
    override.write_text(ASKING.format(healthcheck=GIVEN_UP_SOON))
    dev.release("web", "broken")
    dev.stack.up("--diff")
    for value in (canary, *generated):
        assert holders(backend(dev.stack.environment()), value) == []
        assert not any(value in output for output in dev.stack.printed)
    inspected = LabServer("dev").shell("docker ps --quiet | xargs docker inspect --format '{{json .Config}}'")
    assert canary in inspected, "the compose file asks for the secret in the environment by name"
