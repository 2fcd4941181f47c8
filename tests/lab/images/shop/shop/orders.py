"""Orders, and the database that keeps them."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg import Connection, InterfaceError, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

LONGEST_ITEM = 200
LARGEST_QUANTITY = 1_000_000
TABLE_LOCK = 7_365_511
"""Key of the advisory lock under which the table is made: two starting services would both create it."""

Result = TypeVar("Result")
Row = tuple[Any, ...]


class BadOrderError(ValueError):
    """What a customer sent is not an order; the text tells the customer why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer wants."""

    item: str
    quantity: int
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    """Made before the order is stored, so that storing it twice stores it once."""


def read_order(body: bytes) -> Order:
    """Read an order from the body of a request.

    Raises:
        BadOrderError: It is none.
    """
    try:
        sent = json.loads(body)
    except ValueError:
        message = "The body is not JSON."
        raise BadOrderError(message) from None
    if not isinstance(sent, dict) or set(sent) != {"item", "quantity"}:
        message = 'The body must be an object with exactly "item" and "quantity".'
        raise BadOrderError(message)
    item, quantity = sent["item"], sent["quantity"]
    if not isinstance(item, str) or not 0 < len(item.strip()) <= LONGEST_ITEM or "\0" in item:
        message = f'"item" must be a text of 1 to {LONGEST_ITEM} characters.'
        raise BadOrderError(message)
    if type(quantity) is not int or not 0 < quantity <= LARGEST_QUANTITY:
        message = f'"quantity" must be a whole number from 1 to {LARGEST_QUANTITY}.'
        raise BadOrderError(message)
    return Order(item, quantity)


class Orders:
    """The table of orders; survives a restart of its database."""

    def __init__(self, url: str) -> None:
        """Make a pool of connections; none is opened yet."""
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=8,
            timeout=5,
            max_idle=60,
            reconnect_timeout=10,
            open=True,
            kwargs={"connect_timeout": 5, "autocommit": True},
            check=ConnectionPool.check_connection,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    def create_table(self) -> None:
        """Make the table unless it is there."""

        def create(connection: Connection[Row]) -> None:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (TABLE_LOCK,))
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS orders ("
                    " id uuid PRIMARY KEY,"
                    " item text NOT NULL,"
                    " quantity integer NOT NULL,"
                    " placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
                    " processed_at timestamptz)"
                )

        self._with_connection(create)

    def check(self) -> None:
        """Make sure that the table can be read."""
        self._with_connection(lambda connection: connection.execute("SELECT 1 FROM orders LIMIT 1"))

    def add(self, order: Order) -> None:
        """Store an order."""
        self._with_connection(
            lambda connection: connection.execute(
                "INSERT INTO orders (id, item, quantity) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
                (order.id, order.item, order.quantity),
            )
        )

    def everything(self) -> Sequence[dict[str, Any]]:
        """List all orders, oldest first."""
        rows = self._with_connection(
            lambda connection: connection.execute(
                "SELECT id::text, item, quantity, placed_at, processed_at FROM orders ORDER BY placed_at, id"
            ).fetchall()
        )
        return [
            {
                "id": identity,
                "item": item,
                "quantity": quantity,
                "placed_at": placed.isoformat(),
                "processed_at": processed and processed.isoformat(),
            }
            for identity, item, quantity, placed, processed in rows
        ]

    def forgotten(self, seconds: int) -> Sequence[str]:
        """List orders that have waited for so many seconds: their place in the queue was lost."""
        rows = self._with_connection(
            lambda connection: connection.execute(
                "SELECT id::text FROM orders WHERE processed_at IS NULL"
                " AND placed_at < clock_timestamp() - make_interval(secs => %s) LIMIT 1000",
                (seconds,),
            ).fetchall()
        )
        return [identity for (identity,) in rows]

    def mark_processed(self, identities: Sequence[str]) -> None:
        """Record that orders were processed."""
        self._with_connection(
            lambda connection: connection.execute(
                "UPDATE orders SET processed_at = clock_timestamp()"
                " WHERE id = ANY(%s::uuid[]) AND processed_at IS NULL",
                (list(identities),),
            )
        )

    def _with_connection(self, work: Callable[[Connection[Row]], Result]) -> Result:
        """Do idempotent work, once more when the connection broke under it."""
        try:
            with self._pool.connection() as connection:
                return work(connection)
        except PoolTimeout:
            # The database is away: to wait again would keep a customer waiting twice as long.
            raise
        except (OperationalError, InterfaceError):
            with self._pool.connection() as connection:
                return work(connection)
