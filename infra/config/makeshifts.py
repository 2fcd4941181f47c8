"""What serves a lab and nothing else: a passphrase that everybody knows, a state in the checkout, stand-in plugins."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.config.sealed import is_loopback
from infra.config.settings import Settings


def makeshifts(settings: Settings, root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what a stack of real servers must not stand on, each with what to do instead; of a lab nothing.

    Args:
        settings: the stack. It is a lab when every server is on the loopback of the machine that runs Slipway.
        root: folder of the project.
        environment: what Pulumi was started with.
    """
    if all(is_loopback(server.host) for server in settings.servers.values()):
        return
    if _is_salted(root / f"Pulumi.{settings.stack}.yaml") and _is_known(root, environment):
        yield (
            "its secrets are encrypted with stacks/passphrase, which everybody knows: set "
            "PULUMI_CONFIG_PASSPHRASE_FILE to one of your own, run `pulumi stack change-secrets-provider passphrase`, "
            "and give out every secret anew"
        )
    if environment.get("PULUMI_BACKEND_URL") == f"file://{root / '.pulumi' / 'state'}":
        yield (
            "its state is in this checkout alone, and goes with it: set PULUMI_BACKEND_URL to a place that is kept and "
            "shared, as in `s3://…` (README, Your own server), and `pulumi stack init` there"
        )
    home = Path(environment.get("PULUMI_HOME", "~/.pulumi")).expanduser()
    for mark in sorted(home.glob("plugins/resource-*/standin")):
        yield (
            f"{mark.parent.name} is the lab's stand-in: delete {mark.parent} and run `make tools` where the vendor's "
            "can be downloaded"
        )


def _is_salted(stack_file: Path) -> bool:
    """Return whether a passphrase encrypts the stack's secrets: one whose key is elsewhere has no salt."""
    text = stack_file.read_text(encoding="utf-8", errors="replace") if stack_file.is_file() else ""
    return "\nencryptionsalt:" in f"\n{text}"


def _is_known(root: Path, environment: Mapping[str, str]) -> bool:
    """Return whether the passphrase in use is the one that is part of the project."""
    known = root / "stacks" / "passphrase"
    if not known.exists():
        return False
    given = environment.get("PULUMI_CONFIG_PASSPHRASE", "")
    path = Path(environment.get("PULUMI_CONFIG_PASSPHRASE_FILE") or known.parent / "none").expanduser()
    if not given and path.is_file():
        given = path.read_text(encoding="utf-8", errors="replace")
    return given.strip() == known.read_text(encoding="utf-8").strip()
