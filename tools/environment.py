"""The variables under which `pulumi` and `slipway` work in this project; `python -m tools.environment` prints them."""

import os
import shlex
import sys
from collections.abc import Mapping

from tools.paths import BIN, LAB_RELEASES, PASSPHRASE, PULUMI_HOME, STATE


def variables(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return what differs from the given environment; a backend or passphrase of the user's own stays."""
    others = [folder for folder in given.get("PATH", os.defpath).split(os.pathsep) if folder != str(BIN)]
    wanted = {
        # First, because the language host starts whatever Python comes first.
        "PATH": os.pathsep.join([str(BIN), *others]),
        "PULUMI_HOME": str(PULUMI_HOME),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A plugin that is missing is named at once, not after a download that may hang.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    if not given.get("PULUMI_BACKEND_URL"):
        wanted["PULUMI_BACKEND_URL"] = f"file://{STATE}"
    if not given.get("PULUMI_CONFIG_PASSPHRASE") and not given.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        wanted["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(PASSPHRASE)
    if given.get("PYTHONDONTWRITEBYTECODE"):
        # Compiling anew all that is imported takes longer than a preview's own work.
        wanted["PYTHONDONTWRITEBYTECODE"] = ""
    if LAB_RELEASES.is_dir():
        wanted["SLIPWAY_RELEASES"] = str(LAB_RELEASES)
    return wanted


def main() -> None:
    """Print the variables as a shell reads them."""
    exports = (f"export {name}={shlex.quote(value)}\n" for name, value in variables(os.environ).items())
    sys.stdout.write("".join(exports))


if __name__ == "__main__":
    main()
