"""What a server's section lets in, and whether this run is among it."""

from infra.config.settings import FirewallSettings, ServerSettings
from infra.firewall import Rule, let_in
from infra.host.agent.firewall_rule import HOST
from infra.host.agent.ufw_reach import Cut
from infra.host.plugin.server import Server


def own_rules(firewall: FirewallSettings) -> list[Rule]:
    """Return the rules of a stack file."""
    return [
        Rule(
            port=rule.port,
            comment=rule.comment,
            protocol=rule.protocol,
            source=rule.source,
            interface=rule.interface,
        )
        for rule in firewall.rules
    ]


def cut(server: ServerSettings, way_in: Server) -> str | None:
    """Return in one sentence why the firewall of the stack file would cut the connection to a server, or nothing.

    Raises:
        ProviderError: when the server cannot tell.
    """
    firewall = server.firewall
    if firewall is None or server.owner is not None:
        return None
    rules = let_in(own_rules(firewall), ssh_port=server.ssh.port, ssh_from=firewall.ssh_from, ipv6=firewall.ipv6)
    labels = [traffic.label for traffic in rules[HOST]]
    want = {"rules": labels, "ipv6": firewall.ipv6, "exclusive": server.exclusive.firewall}
    found = way_in.ask("foresee", "Ufw", want)
    if found is None:
        return None
    connection = Cut(**found)
    place, remedy = _remedy(server, firewall, connection)
    return (
        f"servers.{server.name}.firewall{place}: refused before anything was touched, because it would cut the "
        f"connection in use: {server.host} sees this run come from {connection.client} to port {connection.port}, and "
        f"would not let that in again. {remedy}"
    )


def _remedy(server: ServerSettings, firewall: FirewallSettings, found: Cut) -> tuple[str, str]:
    """Return what of the firewall's section is to be mended, and how."""
    if found.rule:
        return "", f"The rule `{found.rule}` comes first there: delete it on the server (`sudo ufw status numbered`)"
    if ":" in found.client and not firewall.ipv6:
        return ".ipv6", "Set it to `true`, or name the server by its IPv4 address"
    if found.port != server.ssh.port or not firewall.ssh_from:
        rule = f'{{port: "{found.port}", source: {found.client}, comment: …}}'
        return ".rules", f"Add {rule}"
    return ".ssh_from", f"Add {found.client}, or a network that it is in"
