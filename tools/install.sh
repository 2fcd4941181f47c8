#!/bin/sh
# Install the project's tools with the machine's own Python: tools/install.sh
set -eu
cd "$(dirname "$0")/.."

# The project's own virtual environment is what gets made: neither its Python nor its Pulumi may make it.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF "$PWD/.venv/bin" | paste -sd ':' -)
export PATH

for python in "${PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" -m tools.install
  fi
done
echo "error: Slipway needs Python 3.11 or newer (Debian 12 and later: apt-get install python3 python3-venv)." >&2
exit 1
