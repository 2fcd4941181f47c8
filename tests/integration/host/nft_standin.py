"""An nft that is none: it keeps one table in a file, as the real one lists it.

Run as `python nft_standin.py <file> <arguments…>`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

_RULE = re.compile(r"^\t\t(.*) comment \"(.*)\"$", re.MULTILINE)


def main(table: Path, words: list[str]) -> None:
    """Do what the arguments ask for."""
    match words:
        case ["-f", path]:
            text = Path(path).read_text()
            if "bad" in text:
                sys.exit("syntax error")
            handle = len(_listed(table))
            rules = [_rule(handle + at, rule, comment) for at, (rule, comment) in enumerate(_RULE.findall(text))]
            chain = {"chain": {"name": "forward", "prio": -5, "handle": handle}}
            table.write_text(json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, chain, *rules]}))
        case ["-j", "list", "table", "inet", "slipway_edge"]:
            sys.stdout.write(table.read_text()) if table.exists() else sys.exit("No such file or directory")
        case ["delete", "table", "inet", "slipway_edge"]:
            table.unlink()


def _listed(table: Path) -> list[Any]:
    found: list[Any] = json.loads(table.read_text())["nftables"] if table.exists() else []
    return found


def _rule(handle: int, rule: str, comment: str) -> dict[str, Any]:
    names = re.findall(r'"(\w+)"', rule)
    # The kernel keeps a set in an order of its own, another one after each load.
    order = names[::-1] if handle else names
    return {"rule": {"expr": [{"set": order}, "" if names else rule], "comment": comment, "handle": handle}}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
