"""A provider's process: `python -m infra.host.plugin <module>:<class> <engine's address>`."""

import importlib
import sys
from importlib.util import find_spec, module_from_spec


def main() -> None:
    """Serve the provider that the arguments name to the engine."""
    module, _, provider = sys.argv[1].partition(":")
    _leave_out_sdk()
    serving = importlib.import_module("infra.host.plugin.serving")
    serving.serve(getattr(importlib.import_module(module), provider)(), *sys.argv[2:3])


def _leave_out_sdk() -> None:
    """Let `pulumi.runtime.proto` be imported without the SDK around it, which would take half of the time of a start.

    The engine starts each provider twice in an update, one after the other, and waits for it.
    """
    for package in ("pulumi", "pulumi.runtime"):
        spec = find_spec(package)
        if spec:
            sys.modules[package] = module_from_spec(spec)


if __name__ == "__main__":
    main()
