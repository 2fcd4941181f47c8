"""A release of the web service that starts and never gets healthy."""

import logging
import signal
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shop.settings import RELEASE

logger = logging.getLogger("shop.web")


class Handler(BaseHTTPRequestHandler):
    """Answers that the service is not ready."""

    def do_GET(self) -> None:
        """Refuse."""
        self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)

    def do_POST(self) -> None:
        """Refuse."""
        self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave access logs to the proxy in front."""


def main() -> None:
    """Listen, and complain until somebody ends it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    server = ThreadingHTTPServer(("", 8000), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    logger.info("release %s listens on port 8000", RELEASE)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.wait(1):
        logger.error('release %s is not ready: column "orders.discount" does not exist', RELEASE)


if __name__ == "__main__":
    main()
