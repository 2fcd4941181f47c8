"""The command as a process of its own, when the one who called it loses patience."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.integration.cli.conftest import Program

CHECKOUT = Path(__file__).parents[3]


def test_a_reader_that_leaves_causes_no_traceback(project: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "--help"],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert run.stderr.read() == ""


def test_an_interrupt_causes_no_traceback(project: Path, program: Program) -> None:
    program("pulumi", "import sys, time\nprint('asked', file=open('asked', 'w'))\ntime.sleep(600)\n")
    with subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "unlock", "dev"],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        while not (project / "asked").exists():
            assert run.poll() is None, "it ended before it was interrupted"
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        assert "Traceback" not in run.stderr.read()
        assert run.wait() == 130
