"""Maintenance files `<releases>/<stack>.maintenance.yaml`: which products show the maintenance page."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from infra.config.mistakes import Mistake, did_you_mean, place
from infra.config.plain_yaml import NotYamlError, parse
from infra.config.releases import replace_file
from infra.config.section import Name
from infra.config.validation import judge

_HEADER = "# Products whose visitors see the maintenance page. Written by `slipway maintenance`.\n"


@dataclass(kw_only=True, slots=True)
class MaintenanceFile:
    """What a maintenance file says."""

    products: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


def maintenance_path(folder: Path, stack: str) -> Path:
    """Return the path of a stack's maintenance file, beside its release file."""
    return folder / f"{stack}.maintenance.yaml"


def read_maintenance(path: Path, shown: str) -> MaintenanceFile:
    """Read a maintenance file; there is none while no product is in maintenance.

    Args:
        path: the file.
        shown: its path as people should read it.
    """
    try:
        data = parse(path.read_text(encoding="utf-8")) or []
    except FileNotFoundError:
        return MaintenanceFile()
    except (OSError, UnicodeDecodeError):
        return MaintenanceFile(mistakes=[Mistake(shown, "", "cannot be read")])
    except NotYamlError as error:
        return MaintenanceFile(mistakes=[Mistake(shown, "", str(error))])
    products, complaints = judge(list[Name], data)
    mistakes = [Mistake(shown, place(*complaint.steps), complaint.sentence) for complaint in complaints]
    return MaintenanceFile(products=products or [], mistakes=mistakes)


def unknown_products(file: MaintenanceFile, shown: str, known: Collection[str]) -> list[Mistake]:
    """Return a mistake for each product that the stack does not have."""
    return [
        Mistake(shown, place(index), f"the stack has no such product{did_you_mean(name, known) or ': remove it'}")
        for index, name in enumerate(file.products)
        if name not in known
    ]


def write_maintenance(path: Path, products: Collection[str]) -> None:
    """Write which products are in maintenance; remove the file when none is."""
    if products:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, _HEADER + "".join(f"- {name}\n" for name in sorted(products)))
    else:
        path.unlink(missing_ok=True)
