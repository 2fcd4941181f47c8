"""A provider as a process: it tells the engine its port and dies with it."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Timer
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from infra.host.plugin.base import Provider
from infra.host.plugin.servicer import Servicer

_THREADS = 32
_PARENT_POLL_SECONDS = 0.2
_GOODBYE_SECONDS = 1
_LONGEST_MESSAGE = 400 * 1024 * 1024
"""The engine's own limit, in bytes."""


def serve(provider: Provider, engine_address: str = "") -> None:
    """Serve a provider to the engine; never returns.

    The process ends when the engine asks for it, and at once when the engine is gone: a provider that outlives a killed
    engine would finish its work behind the state's back.
    """
    # Not PR_SET_PDEATHSIG: it follows the engine's thread that started this process, which may end before the engine.
    parent, stop = os.getppid(), Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    provider.engine_address = engine_address
    server, port = start(provider)
    _tell(port)
    while not stop.wait(_PARENT_POLL_SECONDS):
        if os.getppid() != parent:
            break
    # Neither a slow goodbye nor threads that still wait for a server may hold the process.
    Timer(_GOODBYE_SECONDS, os._exit, (0,)).start()
    provider.close()
    server.stop(grace=None)
    os._exit(0)


def _tell(port: int) -> None:
    try:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The engine was gone before its number was looked up.
        os._exit(1)


def start(provider: Provider) -> tuple[grpc.Server, int]:
    """Start serving a provider on a free loopback port and return the server and the port."""
    server = grpc.server(
        ThreadPoolExecutor(_THREADS),
        options=[
            ("grpc.max_receive_message_length", _LONGEST_MESSAGE),
            ("grpc.max_send_message_length", _LONGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
