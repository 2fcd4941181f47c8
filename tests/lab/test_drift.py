"""What somebody does to a server by hand is shown by name, and one `up` puts it right."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.conftest import Workshop, Workshops
from tests.lab.server import LabServer
from tests.lab.shop import Shop

INTRUDER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH intruder"
PSQL = "docker exec --user postgres dev-shop-db psql --command"
TAMPERINGS = {
    "File main/file/shell-limits": "echo 'TMOUT=' >> /etc/profile.d/slipway.sh",
    "AuthorizedKeys main-deploy-keys": f"sed -i '2i {INTRUDER}' /home/deploy/.ssh/authorized_keys",
    "ContainerFirewall main-firewall-containers": "nft delete table inet slipway_edge",
    "DatabaseUser shop-db-superuser": f"{PSQL} 'ALTER ROLE postgres PASSWORD NULL'",
    "DatabaseUser shop-db_user-shop_1": f'{PSQL} "ALTER ROLE shop_1 NOLOGIN"',
    "Directory main-edge-folder": "chmod 0700 /srv/slipway/edge",
    "Directory main-edge-routes": "chown nobody /srv/slipway/edge/dynamic",
    "JsonFile main-daemon-json": "echo '{}' > /etc/docker/daemon.json",
    "File main-edge-settings": "echo '# mine' >> /srv/slipway/edge/traefik.yml",
    "File main-firewall-fail2ban-action": "rm /etc/fail2ban/action.d/slipway.conf",
    "File main-firewall-fail2ban-jail": "echo 'maxretry = 5000' >> /etc/fail2ban/jail.d/slipway.local",
    "File main/journald": "sed -i 's/^SystemMaxUse=.*/SystemMaxUse=9G/' /etc/systemd/journald.conf.d/slipway.conf",
    "File main-registry-login": "chmod 0644 /etc/slipway/docker/config.json",
    "File main/file/core-limits": "echo '* soft core unlimited' >> /etc/security/limits.d/slipway-core.conf",
    "File main/file/etc-issue": "echo 'Debian GNU/Linux 13' > /etc/issue",
    "File main/file/unattended-upgrades": "rm /etc/apt/apt.conf.d/52slipway-upgrades",
    "File shop-web-secret-db_user": "chmod 0644 /srv/slipway/dev-shop/secrets/web/db_user",
    "File shop-worker-serving": "echo another > /srv/slipway/dev-shop/serving/worker",
    "FirewallRule main-firewall-forwarded-tcp-80-from-any": "rm /etc/slipway/firewall.d/tcp-80-*.json",
    "KernelModule main/module/dccp": "rm /etc/modprobe.d/slipway-dccp.conf",
    "KernelModule main/module/sctp": "echo 'install sctp /sbin/modprobe -i sctp' > /etc/modprobe.d/a-mine.conf",
    "Package main/package/debsums": "apt-mark hold debsums",
    "Permissions main/mode/etc-cron.daily": "chmod 0777 /etc/cron.daily",
    "Permissions main/mode/etc-sudoers.d": "chmod 0755 /etc/sudoers.d",
    "Route shop-web-route": "rm /srv/slipway/edge/dynamic/dev-shop-web.yaml",
    "Setting main/login.defs/UMASK": "sed -i 's/^UMASK.*/UMASK 022/' /etc/login.defs",
    "Setting main/login.defs/PASS_MIN_DAYS": "sed -i '/^PASS_MIN_DAYS/d' /etc/login.defs",
    "SshConfig main/ssh": "echo 'MaxAuthTries 60' > /etc/ssh/sshd_config.d/00-mine.conf",
    "SudoersFile main-deploy-sudo": "chmod 0400 /etc/sudoers.d/slipway-deploy",
    "SudoersFile main/sudoers/defaults": "echo 'Defaults !use_pty' >> /etc/sudoers.d/slipway-defaults",
    "Sysctl main/sysctl/net.ipv4.conf.all.accept_redirects": (
        "echo 'net.ipv4.conf.all.accept_redirects = 1' > /etc/sysctl.d/99-zzz-mine.conf"
    ),
    "Sysctl main/sysctl/net.ipv4.tcp_syncookies": "sysctl -w net.ipv4.tcp_syncookies=0",
    "Timer main/timer/prune": "systemctl stop slipway-prune.timer",
    "Ufw main-firewall-ufw": "sed -i '/^DEFAULT_FORWARD_POLICY=/s/DROP/ACCEPT/' /etc/default/ufw",
    "Unit main-firewall-boot": "systemctl disable slipway-firewall.service",
    "Unit main-firewall-fail2ban-service": "systemctl stop fail2ban.service",
    "Unit main/unit/sysstat.service": "systemctl mask --now sysstat.service",
    "Unit main/unit/unattended-upgrades.service": (
        "mkdir -p /etc/systemd/system/unattended-upgrades.service.d;"
        " printf '[Service]\\nNice=5\\n' > /etc/systemd/system/unattended-upgrades.service.d/mine.conf"
    ),
    "User main-deploy": "usermod --shell /bin/sh deploy",
}
"""Resource → what someone did to it by hand."""
PERSON = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH anna"
SECURITY = "/etc/apt/sources.list"
OTHER_TAMPERINGS = {
    "AptSource main/apt/security": (
        f"rm -f /etc/apt/sources.list.d/slipway-*; cp {SECURITY} /root/sources; sed -i /-security/d {SECURITY}"
    ),
    "AuthorizedKeys main-admin-anna-keys": "rm /home/anna/.ssh/authorized_keys",
    "ContainerFirewall main-firewall-containers": "nft insert rule inet slipway_edge forward accept",
    "File main-firewall-boot-unit": "chown nobody /etc/systemd/system/slipway-firewall.service",
    "FirewallRule main-firewall-host-tcp-8443-from-any": "ufw --force delete allow 8443/tcp",
    "KernelModule main/module/udf": "truncate --size 0 /etc/modprobe.d/slipway-udf.conf",
    "Package main/package/debsums": "apt-get remove --yes debsums",
    "Permissions main/mode/etc-cron.weekly": "chown nobody /etc/cron.weekly",
    "SshConfig main/ssh": "sed -i '/^MaxAuthTries/d' /etc/ssh/sshd_config.d/00-slipway.conf",
    "SudoersFile main-admin-anna-sudo": "rm /etc/sudoers.d/slipway-anna",
    "Sysctl main/sysctl/net.ipv4.conf.all.log_martians": "rm /etc/sysctl.d/*.all.log_martians.conf",
    "Timer main/timer/prune": "sed -i 's/^OnCalendar=.*/OnCalendar=yearly/' /etc/systemd/system/slipway-prune.timer",
    "Timezone main-timezone": "ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime",
    # A rule added, and one moved to the front.
    "Ufw main-firewall-ufw": (
        "ufw allow 9999/tcp comment 'slipway: mine'; ufw --force delete allow 8444/tcp;"
        " ufw insert 1 allow proto tcp from any to any port 8444 comment 'slipway: other'"
    ),
    "Unit main-firewall-fail2ban-service": "systemctl mask --now fail2ban.service",
    "User main-admin-anna": "gpasswd --delete anna ssh-users",
    "User main-deploy": "passwd --delete deploy",
}
"""The same for the other server, which has a person, a time zone and ports of its own, too."""


def drift(workshop: Workshop) -> tuple[int, set[str]]:
    """Return the exit code of `slipway drift` and the resources it names."""
    outcome = workshop.stack.slipway("drift", workshop.stack.name, "--json")
    start = outcome.output.index("{")
    found, _ = json.JSONDecoder().raw_decode(outcome.output[start:])
    return outcome.code, {each["resource"] for each in found["differences"]}


@pytest.mark.exhaustive
def test_a_deploy_user_who_may_not_use_docker_any_more_is_told_what_to_run(
    dev: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A connection that an earlier run left open still has the group.
    LabServer("dev").shell("gpasswd --delete deploy docker; pkill -KILL -u deploy")
    refused = dev.stack.up()
    assert refused.code != 0, "Docker is read before anything is put right"
    assert "deploy is no longer in docker on 127.0.0.11." in refused.output
    assert "run `PULUMI_RUN_PROGRAM=true pulumi up` once" in refused.output
    monkeypatch.setenv("PULUMI_RUN_PROGRAM", "true")
    dev.stack.up().expect_success()
    assert "docker" in LabServer("dev").run("id", "--name", "--groups", "deploy").split()


def with_more(config: Any) -> None:
    """Declare what the shipped stack file has not."""
    config["slipway:servers"]["main"].update(
        admins={"anna": [PERSON]},
        timezone="Europe/Berlin",
        firewall={"rules": [{"port": 8443, "comment": "one"}, {"port": 8444, "comment": "other"}]},
    )


def assert_shown_and_healed(workshop: Workshop, tamperings: Mapping[str, str], besides: frozenset[str]) -> None:
    """Do all that harm to the server of a stack; see each shown by name, and all healed by one `up`.

    Args:
        workshop: the stack.
        tamperings: resource to what is done to it.
        besides: resources that may differ in consequence.
    """
    name = workshop.stack.name
    assert drift(workshop) == (0, set())
    for harm in tamperings.values():
        LabServer(name).shell(harm)
    code, shown = drift(workshop)
    assert code == 2
    assert shown - besides == set(tamperings), f"missing: {set(tamperings) - shown}, besides: {shown - set(tamperings)}"
    workshop.stack.up().expect_success()
    assert drift(workshop) == (0, set())
    assert Shop(name).ask("/").status == 200


def test_every_tampering_is_shown_by_name_and_healed(dev: Workshop) -> None:
    # Docker, fail2ban and the journal, too, do not run with the settings they have by then.
    restarted = frozenset({"Unit main-docker-service", "Unit main/journald"})
    assert_shown_and_healed(dev, TAMPERINGS, restarted)


@pytest.mark.exhaustive
def test_every_tampering_with_the_other_server_is_shown_by_name_and_healed(workshops: Workshops) -> None:
    workshops["test"].configure(with_more)
    workshops["test"].stack.up().expect_success()
    assert_shown_and_healed(workshops["test"], OTHER_TAMPERINGS, frozenset())
