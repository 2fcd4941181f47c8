"""Trying ports, on sockets of this machine's loopback."""

import json
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest

from infra.audit import scan

LOOPBACKS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    """Return what closes the sockets of a test."""
    with ExitStack() as stack:
        yield stack


def listening(sockets: ExitStack, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET) -> socket.socket:
    """Return a socket that listens on a port of its own."""
    server = bound(sockets, kind, family)
    if kind == socket.SOCK_STREAM:
        server.listen(1)
    return server


def bound(sockets: ExitStack, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET) -> socket.socket:
    """Return a socket that keeps a port, where nobody listens."""
    server = sockets.enter_context(socket.socket(family, kind))
    server.bind((LOOPBACKS[socket.AddressFamily(family)], 0))
    return server


def port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


@pytest.mark.parametrize("family", LOOPBACKS)
def test_open_ports_are_told_from_refused_ones(sockets: ExitStack, family: socket.AddressFamily) -> None:
    open_port, closed = port(listening(sockets, family=family)), port(bound(sockets, family=family))
    answer = scan.scan(LOOPBACKS[family], [(open_port, open_port), (closed, closed)], [])
    assert answer["open"] == [open_port]
    assert (answer["refused"], answer["silent"], answer["unreachable"]) == (1, 0, 0)
    assert answer["source"] == LOOPBACKS[family]


def test_a_port_that_answers_is_tried_once(sockets: ExitStack) -> None:
    server = listening(sockets)
    server.listen(16)
    scan.scan("127.0.0.1", [(port(server), port(server))], [])
    server.settimeout(0)
    server.accept()[0].close()
    with pytest.raises(BlockingIOError):
        server.accept()


def test_a_port_that_says_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch, sockets: ExitStack) -> None:
    # The kernel itself sends again after a second, which is not what this is about.
    monkeypatch.setattr(scan, "PATIENCE_SECONDS", 0.1)
    server = listening(sockets)
    waiting = _fill(sockets, server)
    tried: list[Any] = []

    class Probe(socket.socket):
        def connect(self, address: Any) -> None:
            """Connect; at the second time there is room."""
            tried.append(address)
            if len(tried) == 2:
                for _ in range(waiting):
                    server.accept()[0].close()
            super().connect(address)

    monkeypatch.setattr(socket, "socket", Probe)
    assert scan.scan("127.0.0.1", [(port(server), port(server))], [])["open"] == [port(server)]
    assert tried[:2] == [server.getsockname()] * 2


def test_what_was_answered_while_the_process_stood_still_counts(
    monkeypatch: pytest.MonkeyPatch, sockets: ExitStack
) -> None:
    monkeypatch.setattr(scan, "PATIENCE_SECONDS", 0)
    server, full = listening(sockets), listening(sockets)
    _fill(sockets, full)
    places = [port(server), port(bound(sockets)), port(full)]
    answer = scan.scan("127.0.0.1", [(each, each) for each in places], [])
    assert answer["open"] == [port(server)]
    assert (answer["refused"], answer["silent"]) == (1, 1)
    server.settimeout(0)
    server.accept()[0].close()
    with pytest.raises(BlockingIOError):
        server.accept()


def test_a_refusal_that_came_together_with_the_end_of_the_wait_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, sockets: ExitStack
) -> None:
    monkeypatch.setattr(scan, "PATIENCE_SECONDS", 0.3)
    tried: list[Any] = []

    class Probe(socket.socket):
        def connect(self, address: Any) -> None:
            """Connect; at the first time, stand still until the refusal and the end of the wait are both due."""
            tried.append(address)
            try:
                super().connect(address)
            finally:
                time.sleep(0.4 if len(tried) == 1 else 0)

    closed = bound(sockets)
    monkeypatch.setattr(socket, "socket", Probe)
    assert scan.scan("127.0.0.1", [(port(closed), port(closed))], [])["refused"] == 1


@pytest.mark.parametrize("patience", [0, 300], ids=["told when asked", "told to the wait"])
def test_a_port_that_the_kernel_gave_up_is_silent(
    monkeypatch: pytest.MonkeyPatch, sockets: ExitStack, patience: float
) -> None:
    monkeypatch.setattr(scan, "PATIENCE_SECONDS", patience)
    monkeypatch.setattr(scan, "SUSPECT", -1)
    server = listening(sockets)
    _fill(sockets, server)

    class Probe(socket.socket):
        def connect(self, address: Any) -> None:
            """Connect, and stand still until the kernel has given up, when it would send the first packet again."""
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)
            try:
                super().connect(address)
            finally:
                select.select([], [self], [], 300)

    monkeypatch.setattr(socket, "socket", Probe)
    assert scan.scan("127.0.0.1", [(port(server), port(server))], [])["silent"] == 1


def test_where_most_ports_say_nothing_that_is_believed(monkeypatch: pytest.MonkeyPatch, sockets: ExitStack) -> None:
    monkeypatch.setattr(scan, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(scan, "SUSPECT", 0)
    server = listening(sockets)
    _fill(sockets, server)
    answer = scan.scan("127.0.0.1", [(port(server), port(server))], [])
    assert (answer["open"], answer["silent"]) == ([], 1)


def test_more_ports_than_are_tried_at_once_are_all_tried(monkeypatch: pytest.MonkeyPatch, sockets: ExitStack) -> None:
    monkeypatch.setattr(scan, "AT_ONCE", 3)
    ports = [port(listening(sockets)) for _ in range(10)]
    assert scan.scan("127.0.0.1", [(each, each) for each in ports], [])["open"] == sorted(ports)


def test_a_socket_that_meets_itself_found_nothing_open(sockets: ExitStack) -> None:
    alone = sockets.enter_context(socket.socket())
    alone.bind(("127.0.0.1", 0))
    alone.connect(alone.getsockname())
    assert scan.met_itself(alone)
    met = sockets.enter_context(socket.create_connection(listening(sockets).getsockname()))
    assert not scan.met_itself(met)


def test_an_address_without_a_way_there_is_unreachable() -> None:
    broadcast = scan.scan("255.255.255.255", [(80, 81)], [53])
    assert (broadcast["open"], broadcast["unreachable"]) == ([], 2)
    assert broadcast["udp"] == {"53": "unreachable"}


def test_datagrams_are_answered_refused_or_ignored(monkeypatch: pytest.MonkeyPatch, sockets: ExitStack) -> None:
    answering, ignoring, elsewhere = (listening(sockets, socket.SOCK_DGRAM) for _ in range(3))
    # It keeps its port, and takes nothing from anybody else: to others it is as if nobody were there.
    elsewhere.connect(ignoring.getsockname())

    def answer() -> None:
        # As Docker's proxy does it: nothing comes of an empty datagram.
        asked, client = answering.recvfrom(16)
        answering.sendto(b"hello", client if asked else answering.getsockname())

    answering.settimeout(300)
    thread = Thread(target=answer)
    thread.start()
    monkeypatch.setattr(scan, "DATAGRAM_SECONDS", 300)
    udp = scan.scan("127.0.0.1", [], [port(answering), port(elsewhere)])["udp"]
    thread.join()
    assert udp == {str(port(answering)): "answers", str(port(elsewhere)): "refused"}
    monkeypatch.setattr(scan, "DATAGRAM_SECONDS", 0.1)
    assert scan.scan("127.0.0.1", [], [port(ignoring)])["udp"] == {str(port(ignoring)): "silent"}


def test_it_runs_as_a_file_of_its_own(sockets: ExitStack) -> None:
    number = port(listening(sockets))
    job = json.dumps({"address": "127.0.0.1", "tcp": [[number, number]], "udp": []})
    run = subprocess.run([sys.executable, "-I", scan.__file__], input=job, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["open"] == [number]


def _fill(sockets: ExitStack, server: socket.socket) -> int:
    """Connect until the kernel takes no more connections that nobody accepts; return how many wait."""
    while True:
        # Of a socket that listens, `tcpi_unacked` is how many wait, and `tcpi_sacked` how many may.
        waiting, most = struct.unpack_from("II", server.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32), 24)
        if waiting > most:
            return int(waiting)
        sockets.enter_context(socket.create_connection(server.getsockname()))
