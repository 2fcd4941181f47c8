"""How the Docker Engine is set, by the keys of `daemon.json`; a dot in a key leads into a map.

The engine's own rules are for IPv6 as well, so that the edge learns who calls: by `userland-proxy` alone every client
of IPv6 would have the address of the server, and one rate limit. Engines before 27 call that experimental. The proxy
stays on: without it a published port of Debian 12's engine does not answer over IPv6.
"""

from infra.profiles.setting import HostSetting

SETTINGS: tuple[HostSetting, ...] = (
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
