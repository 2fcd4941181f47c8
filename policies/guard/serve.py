"""The pack as a process of the engine's."""

import os
import sys
import time
from concurrent import futures
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import grpc
from pulumi.runtime.proto import analyzer_pb2_grpc

from .servicer import Servicer

MESSAGE_BYTES = 400 * 1024 * 1024
"""Largest request: a whole stack comes in one; the engine's own limit."""


def serve(folder: Path) -> None:
    """Serve the pack in a folder until the engine is gone.

    The day is read once here, so that a run over midnight judges all resources alike.
    """
    engine = os.getppid()
    # One worker: the engine asks in turn, and the bench need not guard its memory.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=1), options=[("grpc.max_receive_message_length", MESSAGE_BYTES)]
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Servicer(folder, datetime.now(tz=UTC).date()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        # A killed engine closes nothing: without this look the pack would outlive it for ever.
        while os.getppid() == engine:
            time.sleep(1)
    server.stop(grace=None)
