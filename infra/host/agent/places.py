"""Where things are on a server."""

from pathlib import Path

PRODUCTS = Path("/srv/slipway")
"""One folder a product, `<stack>-<product>`; secrets are below it, in `secrets/<service>/<secret>`."""
ROUTES = PRODUCTS / "edge" / "dynamic"
"""One file a route."""
SERVING = "serving"
"""Folder of a product with a file for each service that no route leads to; it names the container in use."""
LOCKS = Path("/run/lock/slipway")
"""One lock file a product."""
DOCKER_SOCKET = Path("/run/docker.sock")
"""Where the Docker Engine listens."""
DOCKER_CONFIG = Path("/etc/slipway/docker")
"""The registry logins, for root only."""
EDGE_NETWORK = "0-edge"
"""The edge's own network. It sorts before every other: Docker < 28 takes the default gateway from the first by name,
and one that moves while a product is attached drops requests (30 of 3 200 measured)."""
EDGE_CONFIRM_PORT = 8099
"""Entry point of the edge that answers by route name, for the agent only."""
EDGE_HTTPS_PORT = 443
"""Entry point of the edge that the world reaches the products by."""
RELEASE_HEADER = "X-Slipway-Release"
"""Header in which the edge says which release has answered."""
