"""The passphrase, encrypted to people who may restore without Slipway's state, beside the repository at each target.

It lies in a repository of its own, whose passphrase is no secret: so it gets to any target by the same way.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from infra.backups.program import places, processes
from infra.backups.program.plan import OPENER, Plan, Target
from infra.backups.program.restic import Repository
from infra.backups.program.trouble import TroubleError

OPENED_BY = "slipway"
FILE = "/passphrase.age"
ENDING = "-escrow"


def keep(plan: Plan, target: Target) -> None:
    """Escrow the passphrase at a target, unless that was done for the same people.

    Raises:
        TroubleError: it could not be done.
    """
    if not plan.recipients:
        return
    opener = (plan.folder / OPENER).read_text(encoding="utf-8").strip()
    text = json.dumps({"product": plan.product, "repository": target.repository, "passphrase": opener})
    stamp = places.KNOWN / plan.product / f"{target.name}.escrow"
    said = hashlib.sha256(f"{text}{sorted(plan.recipients)}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8").strip() == said:
        return
    encrypted = _encrypted(text, plan.recipients)
    path = places.ESCROW / f"{plan.product}.age"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(encrypted, encoding="utf-8")
    repository = _repository(plan, target)
    repository.make_ready()
    repository.store_text(encrypted, FILE, ("escrow",))
    stamp.write_text(f"{said}\n", encoding="utf-8")


def _encrypted(text: str, recipients: tuple[str, ...]) -> str:
    words = [word for recipient in recipients for word in ("--recipient", recipient)]
    result = processes.run(("age", "--encrypt", "--armor", *words), text=text)
    if result.code:
        message = f"the passphrase cannot be escrowed: {result.last_words}"
        raise TroubleError(message)
    return result.output


def _repository(plan: Plan, target: Target) -> Repository:
    folder = Path(places.ESCROW / "known-passphrase" / plan.product)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / OPENER).write_text(OPENED_BY, encoding="utf-8")
    credentials = plan.folder / f"{target.name}.json"
    if credentials.exists():
        link = folder / f"{target.name}{ENDING}.json"
        link.unlink(missing_ok=True)
        link.symlink_to(credentials)
    beside = replace(target, name=f"{target.name}{ENDING}", repository=f"{target.repository}{ENDING}")
    return Repository(plan, beside, folder=folder)
