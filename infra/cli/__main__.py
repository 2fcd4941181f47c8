"""Run the `slipway` command: `python -m infra.cli`."""

from infra.cli.app import app

app(prog_name="slipway")
