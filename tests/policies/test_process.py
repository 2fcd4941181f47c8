"""The pack as the engine starts it: `policies/run` and one address."""

import os
import subprocess
import sys
import time
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.guard.pack import NAMES

RUN = Path(__file__).parents[2] / "policies" / "run"
ENGINE = """
import subprocess, sys, time
pack = subprocess.Popen([sys.argv[1], "127.0.0.1:9"], stdout=subprocess.PIPE, text=True)
print(pack.pid, pack.stdout.readline().strip(), flush=True)
time.sleep(600)
"""
"""Starts the pack and hands its process id and port on, as an engine that can be killed."""
PATIENCE_SECONDS = 120


def test_the_pack_serves_until_its_engine_is_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(RUN)], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as engine:
        assert engine.stdout is not None
        pack, port = map(int, engine.stdout.readline().split())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = analyzer_pb2_grpc.AnalyzerStub(channel)
            info = stub.GetAnalyzerInfo(empty_pb2.Empty(), wait_for_ready=True)
            assert not stub.Remediate(analyzer_pb2.AnalyzeRequest()).remediations
        assert [policy.name for policy in info.policies] == list(NAMES)
        engine.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{pack}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{pack}").exists(), "the pack outlived its engine"
