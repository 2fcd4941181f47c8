"""gRPC through the edge and through a release: calls, and streams that are open while it switches."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import grpc

from infra.ingress.rules import PublicRule
from tests.edge.traefik import PATIENCE_SECONDS, Traefik

HOST = "grpc.lab.test"
SERVICE = "shop.Orders"


class Service:
    """Answers with its name: once to a call, and to a stream again when it is told to."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self.again = Event()

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve by HTTP/2 without TLS; give the port."""
        methods = {
            "Say": grpc.unary_unary_rpc_method_handler(lambda request, _: request + self._name),
            "Watch": grpc.unary_stream_rpc_method_handler(self._watch),
        }
        handlers = [grpc.method_handlers_generic_handler(SERVICE, methods)]
        server = grpc.server(ThreadPoolExecutor(max_workers=4), handlers=handlers)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(grace=None).wait()

    def _watch(self, request: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
        yield request + self._name
        self.again.wait(PATIENCE_SECONDS)
        yield self._name


def switch(edge: Traefik, port: int) -> None:
    """Lead the host to a service, as a release does."""
    edge.serve(PublicRule(host=HOST, port=port, grpc=True, own_certificate=True), name="grpc")


def test_calls_and_open_streams_lose_nothing_through_a_switch(edge: Traefik) -> None:
    credentials = grpc.ssl_channel_credentials(edge.authority.encode())
    address = f"127.0.0.1:{edge.ports['websecure']}"
    old, new = Service("v1"), Service("v2")
    with (
        old.serving() as former,
        new.serving() as port,
        grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", HOST)]) as channel,
    ):
        switch(edge, former)
        call = channel.unary_unary(f"/{SERVICE}/Say", bytes, bytes)
        watch = channel.unary_stream(f"/{SERVICE}/Watch", bytes, bytes)
        stream = iter(watch(b"hi ", timeout=PATIENCE_SECONDS))
        assert next(stream) == b"hi v1"
        assert call(b"hi ", timeout=PATIENCE_SECONDS) == b"hi v1"
        switch(edge, port)
        assert call(b"hi ", timeout=PATIENCE_SECONDS) == b"hi v2"
        old.again.set()
        assert list(stream) == [b"v1"], "the stream was cut by the switch"
