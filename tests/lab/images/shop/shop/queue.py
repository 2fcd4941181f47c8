"""The queue between the shop and its worker, in Redis."""

from typing import Any

import redis

KEY = "orders"


class Queue:
    """Orders that wait for the worker; the database stays the truth when the queue is lost."""

    def __init__(self, url: str) -> None:
        """Make a client; it connects when it is used, again after a restart."""
        self._redis = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=2, socket_timeout=5, health_check_interval=10
        )

    def put(self, identity: str) -> None:
        """Append an order."""
        self._redis.rpush(KEY, identity)

    def take(self, seconds: int) -> list[str]:
        """Wait up to so many seconds for an order; more than one come together."""
        first: Any = self._redis.blpop([KEY], timeout=seconds)
        if first is None:
            return []
        more: Any = self._redis.lpop(KEY, 500)
        return [first[1], *(more or [])]
