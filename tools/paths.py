"""Where the project's own tools lie: in the checkout, but for what took long to build."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""Root of the checkout."""
VENV = PROJECT / ".venv"
BIN = VENV / "bin"
"""What `make env` puts first on PATH."""
SHARED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slipway"
"""What took long to build, for every checkout of this user; may be deleted at any time."""
CACHE = PROJECT / ".tools"
"""What the checkout knows of its tools, kept when the virtual environment is made anew."""
BUILDING = CACHE / "building"
"""Half-made things; may be deleted at any time."""
PULUMI_HOME = PROJECT / ".pulumi"
STATE = PULUMI_HOME / "state"
"""Folder of the backend that is used when PULUMI_BACKEND_URL names no other."""
PLUGINS = PULUMI_HOME / "plugins"
LAB_RELEASES = PROJECT / ".lab" / "releases"
PASSPHRASE = PROJECT / "stacks" / "passphrase"
REQUIREMENTS = PROJECT / "requirements.txt"
DEVELOPMENT_REQUIREMENTS = PROJECT / "requirements-dev.txt"
