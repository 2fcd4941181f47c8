"""The `Edge` component: Traefik, fed by files, with certificates by ACME."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.edge import plugin, render, shared
from infra.edge.container import CONTAINER, ROOT, USER, container
from infra.edge.ports import published
from infra.edge.static import StaticArgs, static
from infra.host import resources as host
from infra.host import server_resources
from infra.host.agent import places
from infra.ingress.rules import Listener
from infra.server import Server


@dataclass(frozen=True, kw_only=True, slots=True)
class Acme:
    """Where certificates come from."""

    email: str
    directory: str
    """URL of the ACME directory."""
    challenge: str
    """`tls-alpn-01` or `http-01`."""
    ca: pulumi.Input[str] | None = None
    """Certificate authority of a private directory, PEM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A certificate that is not by ACME."""

    chain: pulumi.Input[str]
    """The certificate and those between it and its authority, PEM."""
    key: pulumi.Input[str]
    """Its private key, PEM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeArgs:
    """What an `Edge` needs."""

    stack: str
    server: Server
    ready: pulumi.Resource
    """What tells that the server is ready."""
    image: str
    """Traefik v3 by digest."""
    acme: Acme
    subnet: str
    """IPv4 network of the edge alone, such as `10.213.0.0/24`."""
    subnet_ipv6: str | None
    """IPv6 network of the edge alone, such as `fd12:3456:789a::/64`; None where it is not reached by IPv6."""
    internal_ports: Sequence[int]
    """Ports on which services of one product call each other; a new one restarts the edge."""
    listeners: Sequence[Listener] = ()
    """Ports of the server that the edge publishes beside 80 and 443; a new one restarts the edge."""
    certificates: Sequence[Certificate] = ()
    http3: bool = True
    trusted_proxies: Sequence[str] = ()
    """Networks that may say who the client is."""


class Edge(pulumi.ComponentResource):
    """The one container of a server that publishes ports off loopback: 80, 443, and those that are declared.

    It reads its routes from files and has no access to the Docker socket.

    Creates:
        host.Directory, host.File: settings, folder of routes, store of certificates, the plugin that shows a page.
        host.Image: Traefik, pulled before anything is stopped.
        docker.Network: `0-edge`.
        docker.Container: Traefik.
        host.GuestNetworks: joins the networks of other stacks again when Traefik's container is another one.
        host.Ready: holds dependants back until Traefik answers its own health check.
    """

    TYPE = "slipway:edge:Edge"

    container: str
    """Name of the container, for attaching it to networks."""
    container_id: pulumi.Output[str]
    """Changes when the edge is replaced, which loses its attachments."""
    gateway: str
    """Address the server has on the edge's network."""
    container_resource: pulumi.Resource
    """What attachments wait for: until then the edge serves no product."""
    ready: pulumi.Resource
    """What routes wait for."""
    trusted_proxies: tuple[str, ...]
    """Networks that may say who the client is."""

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {"image": args.image, "subnet": args.subnet}, opts)
        self._name = name
        self._server = args.server
        self.container = CONTAINER
        self.gateway = render.gateway(args.subnet)
        self.trusted_proxies = tuple(args.trusted_proxies)
        settings = _settings(args)
        files = self._files(args, settings)
        image = host.Image(
            f"{name}-image", reference=args.image, used_by=f"{args.stack}-edge/traefik", opts=self._options(args.ready)
        )
        network = docker.Network(
            f"{name}-network",
            docker.NetworkArgs(
                name=places.EDGE_NETWORK,
                ipv6=True if args.subnet_ipv6 else None,
                ipam_configs=[render.address_range(subnet) for subnet in (args.subnet, args.subnet_ipv6) if subnet],
                labels=[
                    docker.NetworkLabelArgs(label="slipway.product", value="edge"),
                    docker.NetworkLabelArgs(label="slipway.stack", value=args.stack),
                ],
            ),
            self._containers(
                args.ready, hook=host.vacate_hook(args.server.host_provider, "network", places.EDGE_NETWORK, "edge")
            ),
        )
        ports = published(args.listeners, args.internal_ports, http3=args.http3, ipv6=args.subnet_ipv6 is not None)
        made = docker.Container(
            f"{name}-{_digest(*map(str, ports))}",
            container(
                args.image,
                labels=_labels(args, settings),
                network=network.name,
                ports=ports,
                own_authority=args.acme.ca is not None,
            ),
            # A container keeps its ports: others are another container, under another name. What the engine tells of
            # them is passed over, as it tells the two addresses of a port in any order.
            self._containers(image, *files, hook=self._vacate(), passed_over=["ports"]),
        )
        self.container_resource, self.container_id = made, made.id
        server_resources.GuestNetworks(
            f"{name}-guest-networks",
            container=CONTAINER,
            stack=args.stack,
            container_id=self.container_id,
            opts=self._options(self.container_resource),
        )
        self.ready = host.Ready(
            f"{name}-ready",
            container=CONTAINER,
            container_id=self.container_id,
            opts=self._options(self.container_resource),
        )
        self.register_outputs({"container": self.container, "gateway": self.gateway})

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._server.host_provider, depends_on=list(after))

    def _containers(
        self, *after: pulumi.Resource, hook: pulumi.ResourceHookBinding, passed_over: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._server.docker_provider,
            depends_on=list(after),
            hooks=hook,
            ignore_changes=list(passed_over),
        )

    def _vacate(self) -> pulumi.ResourceHookBinding:
        return host.vacate_hook(self._server.host_provider, "container", CONTAINER, "edge")

    def _files(self, args: EdgeArgs, settings: str) -> list[pulumi.Resource]:
        """Write what the container mounts."""
        root = host.Directory(f"{self._name}-folder", path=ROOT, opts=self._options(args.ready))
        routes = host.Directory(f"{self._name}-routes", path=str(places.ROUTES), opts=self._options(root))
        # Declared, so that it goes with its files: a folder that is left keeps those above it.
        code = host.Directory(f"{self._name}-plugin", path=f"{ROOT}/plugin", opts=self._options(root))
        certificates = host.Directory(
            f"{self._name}-certificates",
            path=f"{ROOT}/acme",
            mode="0700",
            owner=str(USER),
            group=str(USER),
            opts=self._options(root),
        )
        ports = [each.port for each in args.listeners if each.speaks == "http"]
        texts: dict[str, tuple[str, pulumi.Input[str]]] = {
            "settings": (str(places.EDGE_SETTINGS), settings),
            "shared": (str(places.ROUTES / "0-edge.yaml"), shared.edge(ports=ports, gateway=self.gateway)),
            **{f"plugin-{name}": (f"{ROOT}/plugin/{name}", text) for name, text in plugin.files().items()},
        }
        if args.acme.ca is not None:
            texts["acme-ca"] = (f"{ROOT}/acme-ca.crt", args.acme.ca)
        written = [
            host.File(f"{self._name}-{name}", path=path, content=content, opts=self._options(routes, code))
            for name, (path, content) in texts.items()
        ]
        return [certificates, *written, *self._own_certificates(args.certificates, routes)]

    def _own_certificates(self, pairs: Sequence[Certificate], routes: pulumi.Resource) -> list[pulumi.Resource]:
        """Write the stack's own certificates where only Traefik and root can read the keys."""
        if not pairs:
            return []
        texts = pulumi.Output.all(*(pulumi.Output.all(pair.chain, pair.key) for pair in pairs))
        content = texts.apply(lambda known: shared.certificates([(chain, key) for chain, key in known]))
        return [
            host.File(
                f"{self._name}-own-certificates",
                path=str(places.ROUTES / "0-certificates.yaml"),
                content=pulumi.Output.secret(content),
                mode="0400",
                owner=str(USER),
                group=str(USER),
                opts=self._options(routes),
            )
        ]


def _settings(args: EdgeArgs) -> str:
    """Return what Traefik reads at its start."""
    return static(
        StaticArgs(
            email=args.acme.email,
            directory=args.acme.directory,
            challenge=args.acme.challenge,
            own_authority=args.acme.ca is not None,
            internal_ports=args.internal_ports,
            listeners=args.listeners,
            http3=args.http3,
            trusted_proxies=args.trusted_proxies,
        )
    )


def _labels(args: EdgeArgs, settings: str) -> dict[str, str]:
    """Return the labels of the container; `slipway.release` changes with all that it reads at its start."""
    return {
        "slipway.stack": args.stack,
        "slipway.product": "edge",
        "slipway.service": "traefik",
        "slipway.release": _digest(settings, *plugin.files().values(), _known(args.acme.ca)),
        "slipway.published": " ".join(f"{each.port}/{each.protocol}" for each in sorted(args.listeners)),
    }


def _digest(*texts: str) -> str:
    """Return eight digits that change with any of the texts."""
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:8]


def _known(text: pulumi.Input[str] | None) -> str:
    """Return a text that is known before anything runs: policies judge labels in the preview."""
    return text if isinstance(text, str) else ""
