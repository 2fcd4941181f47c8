"""Servers and what Slipway's own components declare: what keeps every rule, and what breaks each."""

from policies.guard import types
from tests.policies.table.case import UNKNOWN, Case, Given

URN = "urn:pulumi:dev::slipway::"
MAIN = f"{URN}slipway:server:Server$pulumi:providers:host::main"
SERVER = Given(kind=types.SERVER, name="main", inputs={"host": "203.0.113.7"}, provider="")
SERVER_URN = f"{URN}{types.SERVER}::main"
PROVIDER = Given(
    kind=types.HOST_PROVIDER, name="main", path="slipway:server:Server", inputs={"port": "22"}, provider=""
)
OPENED = Given(
    kind=types.FIREWALL_RULE,
    name="main-firewall-host-tcp-22-from-any",
    provider=MAIN,
    inputs={"port": "22", "comment": "SSH", "source": "any", "protocol": "tcp", "target": "host"},
)
CLOSED = OPENED.with_inputs(source="203.0.113.0/24")
FAIL2BAN = Given(kind=types.HOST_PACKAGE, name="main-fail2ban", provider=MAIN, inputs={"name": "fail2ban"})
STOPPED = Given(
    kind=types.HOST_UNIT, name="main-fail2ban", provider=MAIN, inputs={"name": "fail2ban.service", "active": False}
)
KEYS = Given(
    kind=types.AUTHORIZED_KEYS,
    name="main-deploy-keys",
    parent=SERVER_URN,
    provider=MAIN,
    inputs={"user": "deploy", "keys": ["ssh-ed25519 AAAA ops@laptop"]},
)
FIREWALL = Given(kind=types.FIREWALL, name="main-firewall", inputs={"ipv6": True}, provider="")
BASELINE = Given(
    kind=types.BASELINE,
    name="main-baseline",
    inputs={"overrides": {"sysctl/kernel.*": {"value": None, "reason": "a lab server shares its kernel"}}},
)
FILE = Given(kind=types.HOST_FILE, name="main-file", provider=MAIN, inputs={"path": "/etc/issue", "content": "hello\n"})
PRODUCT = Given(kind=types.PRODUCT, name="shop", inputs={"public": False}, provider="")


def route(*, limited: bool = True, closed: bool = True) -> str:
    """Return what the edge is given for a service that the world reaches."""
    used = [name for name, there in (("limit", limited), ("auth", closed)) if there]
    return f"""\
# container=dev-shop-web release=1 revision=1
http:
  middlewares:
    auth: {{basicAuth: {{usersFile: /run/users}}}}
    limit: {{rateLimit: {{average: 10, burst: 20}}}}
  routers:
    dev-shop-web-confirm: {{entryPoints: [confirm], rule: "Host(`x`)"}}
    dev-shop-web-public-0: {{entryPoints: [websecure], middlewares: {used}, rule: "Host(`shop.example.com`)"}}
"""


ROUTE = Given(
    kind=types.HOST_ROUTE,
    name="shop-web-route",
    path="slipway:services:Product$slipway:services:Service",
    provider=MAIN,
    inputs={"name": "dev-shop-web", "content": route()},
)

CASES = (
    Case(
        rule="ssh_open_to_the_world_has_fail2ban",
        good=OPENED,
        bad=OPENED,
        beside=(PROVIDER, FAIL2BAN),
        worse=(PROVIDER,),
        unknown={"port": UNKNOWN},
    ),
    Case(rule="ssh_open_to_the_world_has_fail2ban", good=CLOSED, change={"source": "0.0.0.0/0"}, beside=(PROVIDER,)),
    Case(
        rule="ssh_open_to_the_world_has_fail2ban",
        good=CLOSED.with_inputs(port="2200"),
        change={"source": "any"},
        beside=(PROVIDER.with_inputs(port="2200"), FAIL2BAN, STOPPED),
    ),
    *(
        Case(rule="firewall_rule_says_what_it_is_for", good=CLOSED, change={"comment": given})
        for given in ("", " ", None)
    ),
    *(
        Case(
            rule="private_port_is_not_public",
            good=CLOSED.with_inputs(source="203.0.113.0/24"),
            change={"port": given, "source": "any"},
        )
        for given in ("5432", "6000:7000")
    ),
    Case(
        rule="server_has_an_admin_key",
        good=SERVER,
        bad=SERVER,
        beside=(KEYS, FIREWALL),
        worse=(KEYS.with_inputs(keys=[]), FIREWALL),
    ),
    Case(rule="server_has_an_admin_key", good=SERVER, bad=SERVER, beside=(KEYS, FIREWALL), worse=(FIREWALL,)),
    Case(rule="server_has_a_firewall", good=SERVER, bad=SERVER, beside=(KEYS, FIREWALL), worse=(KEYS,)),
    *(
        Case(rule="override_has_a_reason", good=BASELINE, change={"overrides": {"ssh/Port": given}})
        for given in ({"value": 1}, {"value": 1, "reason": "because"})
    ),
    *(
        Case(
            rule="file_holds_no_plain_secret",
            good=FILE.with_inputs(mode="0600"),
            change={"content": given},
            sealed=True,
        )
        for given in (
            "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
            "password: short\nDB_PASSWORD=correct-horse-battery\n",
            "url = postgresql://app:correct-horse@db/app\n",
            f"token: ghp_{'a' * 36}\n",
        )
    ),
    Case(
        rule="file_holds_no_plain_secret",
        good=FILE.with_inputs(mode="0600"),
        change={"path": "/srv/slipway/dev-shop/secrets/web/key"},
    ),
    Case(rule="ingress_has_a_rate_limit", good=ROUTE, change={"content": route(limited=False)}),
    Case(
        rule="what_is_not_public_asks_for_a_password",
        good=ROUTE,
        change={"content": route(closed=False)},
        beside=(PRODUCT,),
    ),
)
