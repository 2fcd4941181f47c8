"""A release of the web service that gets ready and then fails whoever uses it."""

from http import HTTPStatus

from shop import web


class Handler(web.Handler):
    """Answers as the service does, but for its first page."""

    def do_GET(self) -> None:
        """Fail on what people ask for, and not on what the healthcheck asks for."""
        if self.path == "/":
            web.logger.error("no template for the first page")
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
        else:
            super().do_GET()


if __name__ == "__main__":
    web.main(Handler)
