"""The shop's web service."""

import json
import logging
import signal
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from psycopg import Error as DatabaseError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from shop.orders import BadOrderError, Orders, read_order
from shop.queue import Queue
from shop.server import DrainingServer
from shop.settings import RELEASE, setting

PORT = 8000
LARGEST_BODY = 65_536
IDLE_SECONDS = 180.0
"""Longer than a proxy keeps an idle connection (Traefik: 90 s): the proxy has to be the one that closes it."""

logger = logging.getLogger("shop.web")


class Shop(DrainingServer):
    """The server together with what its requests need."""

    def __init__(self, orders: Orders, queue: Queue, handler: "type[Handler]") -> None:
        """Listen on all addresses of the container."""
        super().__init__(("", PORT), handler)
        self.orders = orders
        self.queue = queue


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "shop"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Shop

    def do_GET(self) -> None:
        """Answer a reading request."""
        match self.path.partition("?")[0]:
            case "/":
                self._answer(HTTPStatus.OK, f"shop release {RELEASE}\n")
            case "/healthz":
                self._guarded(self._check_health)
            case "/orders":
                self._guarded(self._list_orders)
            case _:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")

    def do_HEAD(self) -> None:
        """Answer a reading request without its body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Answer a writing request."""
        body = self._read_body()
        if body is None:
            return
        if self.path.partition("?")[0] != "/orders":
            self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")
            return
        self._guarded(lambda: self._place_order(body))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave access logs to the proxy in front."""

    def _check_health(self) -> None:
        self.server.orders.check()
        self._answer(HTTPStatus.OK, "ok\n")

    def _list_orders(self) -> None:
        self._answer(HTTPStatus.OK, self.server.orders.everything())

    def _place_order(self, body: bytes) -> None:
        try:
            order = read_order(body)
        except BadOrderError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return
        self.server.orders.add(order)
        try:
            self.server.queue.put(str(order.id))
        except RedisError as error:
            logger.warning("order %s is stored but not queued (%s); the worker will find it", order.id, error)
        self._answer(HTTPStatus.CREATED, {"id": str(order.id), "item": order.item, "quantity": order.quantity})

    def _guarded(self, work: Any) -> None:
        """Answer 503 while the database is away."""
        try:
            work()
        except (DatabaseError, PoolTimeout) as error:
            logger.warning("database: %s", error)
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be reached; try again soon.")

    def _read_body(self) -> bytes | None:
        """Read the whole body, or refuse it and end the connection: what follows could not be told from it."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Say the length of the body.")
            return None
        if int(length) > LARGEST_BODY:
            self.close_connection = True
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {LARGEST_BODY} bytes.")
            return None
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._answer(status, {"error": message})

    def _answer(self, status: HTTPStatus, content: object) -> None:
        text = content if isinstance(content, str) else json.dumps(content) + "\n"
        body = text.encode()
        self.send_response(status)
        kind = "text/plain; charset=utf-8" if isinstance(content, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Release", RELEASE)
        if self.close_connection or self.server.draining.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main(handler: type[Handler] = Handler) -> None:
    """Serve until SIGTERM, then end without losing a request."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    orders = Orders(setting("DATABASE_URL"))
    orders.create_table()
    shop = Shop(orders, Queue(setting("REDIS_URL")), handler)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    logger.info("release %s listens on port %d", RELEASE, PORT)
    ended.wait()
    logger.info("release %s drains", RELEASE)
    shop.drain()
    orders.close()
    logger.info("release %s ended", RELEASE)


if __name__ == "__main__":
    main()
