"""What the lab consists of: its names and addresses."""

from dataclasses import dataclass

LABEL = "slipway.lab"
"""Label of every container, volume and network of the lab; its value is the checkout that made it."""
NETWORK = "slipway-lab"
SUBNET = "10.214.0.0/24"
SUBNET_6 = "fd00:10:214::/64"

REGISTRY_CONTAINER = "slipway-lab-registry"
REGISTRY_HOST = "registry.lab.test"
REGISTRY_PORT = 5000
REGISTRY = f"{REGISTRY_HOST}:{REGISTRY_PORT}"
"""The registry as the servers name it."""
REGISTRY_ADDRESS = "127.0.0.15"
"""The registry as this machine reaches it: Docker asks no certificate of a loopback address."""
REGISTRY_INSIDE = "10.214.0.15"
REGISTRY_USER = "lab"

ACME_CONTAINER = "slipway-lab-acme"
ACME_HOST = "acme.lab.test"
ACME_PORT = 14000
ACME_MANAGEMENT_PORT = 15000
ACME_ADDRESS = "127.0.0.14"
ACME_INSIDE = "10.214.0.14"

GITHUB_CONTAINER = "slipway-lab-github"
GITHUB_ADDRESS = "127.0.0.16"
GITHUB_PORT = 14200
GITHUB_INSIDE = "10.214.0.16"
GITHUB_OWNER = "acme"
"""Who has the sample product's repository."""

PRODUCTS = ("shop", "blog", "api")
"""Products that have a name on every lab server; `shop` is the sample, the others are for tests."""


@dataclass(frozen=True, slots=True)
class Server:
    """A Debian server in a container."""

    stack: str
    suite: str
    """Debian's name of the release."""
    address: str
    """Loopback address of this machine that its ports are published on."""
    inside: str
    """Address in the lab's network."""
    neighbour_inside: str
    """Address of its neighbour there."""

    @property
    def container(self) -> str:
        """Name of the container that is the server."""
        return f"slipway-lab-{self.stack}"

    @property
    def neighbour(self) -> str:
        """Name of the container that looks at the server from outside."""
        return f"{self.container}-neighbour"

    @property
    def volume(self) -> str:
        """Volume that holds what Docker keeps on the server."""
        return f"{self.container}-docker"

    @property
    def domains(self) -> tuple[str, ...]:
        """Names under which the server's products are reached."""
        return tuple(domain(product, self.stack) for product in PRODUCTS)


def sixth(address: str) -> str:
    """Return the IPv6 address in the lab's network of who has an IPv4 address there."""
    return f"{SUBNET_6.partition('/')[0]}{address.rpartition('.')[2]}"


def domain(product: str, stack: str) -> str:
    """Name the address under which a product of a lab stack is reached."""
    return f"{product}.{stack}.lab.test"


SERVERS = (
    Server("dev", "trixie", "127.0.0.11", "10.214.0.11", "10.214.0.21"),
    Server("test", "bookworm", "127.0.0.12", "10.214.0.12", "10.214.0.22"),
)
