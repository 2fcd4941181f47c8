"""`python3 -m tests.github_standin`: the stand-in as a part of the lab, with one owner that has nothing yet."""

import argparse
import signal
import sys
from pathlib import Path

from tests.github_standin.server import GitHubStandIn, listening
from tests.github_standin.world import Account, Owner, World

SCOPES = frozenset({"repo", "read:org"})


def main() -> None:
    """Answer until the process is ended."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.github_standin")
    parser.add_argument("--owner", required=True, help="organisation that there is")
    parser.add_argument("--token-file", type=Path, required=True, help="file with the token of who may do all there")
    parser.add_argument("--listen", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--url", required=True, help="how clients reach it")
    chosen = parser.parse_args()
    token = chosen.token_file.read_text(encoding="ascii").strip()
    accounts = {token: Account(login="slipway", scopes=SCOPES)}
    # What is asked only tests look at: here it would pile up.
    world = World(accounts=accounts, owners={chosen.owner: Owner(number=1)}, remembers=False)
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with listening(GitHubStandIn(world=world, url=chosen.url), chosen.listen, chosen.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
