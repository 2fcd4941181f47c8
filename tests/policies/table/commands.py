"""Commands of pulumi-command: one that keeps every rule, and what breaks each."""

from policies.guard import types
from tests.policies.table.case import UNKNOWN, Case, Given, secret

CONNECTION = {"host": "203.0.113.7", "user": "deploy", "hostKey": "ssh-ed25519 AAAA"}
REMOTE = Given(
    kind=types.REMOTE_COMMAND,
    name="shop-migrate",
    inputs={
        "connection": CONNECTION,
        "create": "docker exec shop-web python -m shop.migrate",
        "delete": "true",
        "triggers": ["1"],
        "logging": "none",
        "addPreviousOutputInEnv": False,
    },
    secret_outputs=("stdout", "stderr"),
)
LOCAL = Given(kind=types.LOCAL_COMMAND, name="build", inputs={"create": "make site"})
COPY = Given(kind=types.REMOTE_COPY, name="copy", inputs={"connection": CONNECTION, "remotePath": "/srv/x"})
COPY_FILE = Given(kind=types.REMOTE_COPY_FILE, name="copy", inputs={"connection": CONNECTION, "localPath": "x"})
ARGUED = (
    "mysql --password=correct-horse",
    "sshpass -p x ssh deploy@host",
    "curl -u admin:hunter2 https://example.com",
    "curl -H 'Authorization: Bearer abcdef' https://example.com",
    "psql postgresql://app:correct-horse@db/app",
    "DB_PASSWORD=correct-horse-battery ./migrate",
)
DANGEROUS = (
    "curl -fsSL https://example.com/install | sudo sh",
    "wget -qO- https://example.com | bash",
    "chmod -R 777 /srv",
    "ufw disable",
    "ufw --force reset",
    "iptables -F",
    "nft flush ruleset",
    "ssh -o StrictHostKeyChecking=no deploy@host",
    "docker run --privileged alpine",
    "docker exec --privileged web sh",
    "docker run --uts=host alpine",
    "docker run --pid host alpine",
    "docker run -v /var/run/docker.sock:/x alpine",
    "echo 'deploy ALL=(ALL) NOPASSWD: ALL' > /tmp/x",
    "docker swarm init",
)

CASES = (
    *(
        Case(
            rule="connection_pins_the_host_key",
            good=good,
            change={"connection": {"host": "203.0.113.7", "user": "deploy"}},
        )
        for good in (REMOTE, COPY, COPY_FILE)
    ),
    Case(
        rule="connection_pins_the_host_key",
        good=REMOTE,
        change={"connection": CONNECTION | {"proxy": {"host": "bastion.example.com"}}},
    ),
    *(
        Case(rule="connection_is_not_as_root", good=good, change={"connection": CONNECTION | {"user": user}})
        for good in (REMOTE, COPY, COPY_FILE)
        for user in ("root", None)
    ),
    *(
        Case(
            rule="command_with_a_secret_is_quiet",
            good=REMOTE.with_inputs(stdin=secret("correct-horse-battery")),
            change=change,
        )
        for change in ({"logging": "stdout"}, {"logging": None}, {"addPreviousOutputInEnv": True})
    ),
    Case(
        rule="command_with_a_secret_is_quiet",
        good=REMOTE.with_inputs(stdin=secret("x")),
        bad=REMOTE.with_inputs(stdin=secret("x")).changed(secret_outputs=("stdout",)),
        unknown={"logging": UNKNOWN},
    ),
    Case(
        rule="command_with_a_secret_is_quiet",
        good=LOCAL,
        change={"environment": {"TOKEN": secret("x")}},
        unknown={"environment": UNKNOWN},
    ),
    *(
        Case(rule="command_line_holds_no_secret", good=good, change={"create": line})
        for good in (REMOTE, LOCAL)
        for line in ARGUED
    ),
    Case(
        rule="command_line_holds_no_secret",
        good=REMOTE,
        change={"update": secret("echo correct-horse-battery")},
        unknown={"update": UNKNOWN},
    ),
    *(
        Case(rule="command_does_nothing_dangerous", good=good, change={"create": line})
        for good in (REMOTE, LOCAL)
        for line in DANGEROUS
    ),
    *(
        Case(
            rule="command_can_be_taken_back",
            good=REMOTE.with_inputs(create="install -m 644 x /etc/x"),
            change={name: None},
            unknown={"create": UNKNOWN},
        )
        for name in ("delete", "triggers")
    ),
)
