"""What a server lets in, and whom it bans."""

from infra.firewall.firewall import Firewall, FirewallArgs, Rule, let_in

__all__ = ["Firewall", "FirewallArgs", "Rule", "let_in"]
