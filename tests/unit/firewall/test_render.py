"""Texts that the firewall writes to a server."""

from infra.firewall import render


def test_the_table_is_loaded_before_docker_and_before_the_network_is_up() -> None:
    assert render.boot_unit() == (
        "# Written by slipway.\n"
        "[Unit]\n"
        "Description=Filter what comes from outside for containers\n"
        "DefaultDependencies=no\n"
        "ConditionPathExists=/etc/slipway/firewall.nft\n"
        "After=local-fs.target\n"
        "Wants=network-pre.target\n"
        "Before=network-pre.target network-online.target docker.service shutdown.target\n"
        "Conflicts=shutdown.target\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        "RemainAfterExit=yes\n"
        "ExecStart=/usr/sbin/nft -f /etc/slipway/firewall.nft\n"
        "ExecReload=/usr/sbin/nft -f /etc/slipway/firewall.nft\n"
        "\n"
        "[Install]\n"
        "WantedBy=sysinit.target\n"
    )


def test_stopping_nftables_flushes_nothing() -> None:
    assert render.harmless_stop().splitlines()[1:] == ["[Service]", "ExecStop="]
