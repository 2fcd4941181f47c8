"""How the Docker Engine is set, by the keys of `daemon.json`; a dot in a key leads into a map.

The engine's own rules are for IPv6 as well, so that the edge learns who calls: by `userland-proxy` alone every client
of IPv6 would have the address of the server, and one rate limit. Engines before 27 call that experimental. The proxy
stays on: without it a published port of Debian 12's engine does not answer over IPv6.

Of its own pools the engine makes 31 networks and refuses the next: that of the thirtieth product, when each had one
internal network. These are in the same range, `docker0` stays where it was, and there are 1024 networks.
"""

from infra.profiles.setting import HostSetting, PoolsSetting

SETTINGS: tuple[HostSetting, ...] = (
    PoolsSetting(
        name="docker/default-address-pools",
        value="base=172.17.0.0/16,size=16 base=172.20.0.0/14,size=24",
        source="30 products on one server",
        minimal=True,
    ),
    HostSetting(name="docker/experimental", value=True, source="trials §3", minimal=True),
    HostSetting(name="docker/icc", value=False, source="H30; CIS Docker 2.2"),
    HostSetting(name="docker/ip6tables", value=True, source="trials §3", minimal=True),
    HostSetting(name="docker/live-restore", value=True, source="H30; CIS Docker 2.15", minimal=True),
    HostSetting(name="docker/log-driver", value="json-file", source="H30; CIS Docker 2.13", minimal=True),
    HostSetting(name="docker/log-opts.max-file", value="3", source="H30", minimal=True),
    HostSetting(name="docker/log-opts.max-size", value="10m", source="H30", minimal=True),
    HostSetting(name="docker/no-new-privileges", value=True, source="H30; CIS Docker 2.14"),
    HostSetting(name="docker/userland-proxy", value=True, source="trials §3", minimal=True),
)
