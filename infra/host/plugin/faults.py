"""How a request that failed is answered: one sentence, no traceback, no secret."""

from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from infra.host.plugin.errors import PartialFailureError, ProviderError
from infra.host.plugin.values import Properties, encode, redact

# The engine keeps an operation as pending when a request ends in UNKNOWN or INTERNAL: right for a defect, wrong for
# an error after which nothing was left.
_PLAIN = grpc.StatusCode.FAILED_PRECONDITION
_DEFECT = grpc.StatusCode.INTERNAL


class Answering:
    """A `with` block that ends the request when its body raises.

    Args:
        context: the request.
        action: what is being done and to what, for the sentence about a defect.
        references: the properties of the request; a secret in them is replaced in the message.
        seal: wraps the outputs of a partial failure as secret where they have to be.
    """

    def __init__(
        self,
        context: grpc.ServicerContext,
        action: str,
        *references: Properties,
        seal: Callable[[Mapping[str, Any]], Properties] = dict,
    ) -> None:
        self._context = context
        self._action = action
        self._references = references
        self._seal = seal

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Abort the request with one sentence."""
        match error:
            case None:
                return
            case PartialFailureError():
                self._abort_partially(error)
            case ProviderError():
                self._context.abort(_PLAIN, redact(str(error), *self._references))
            case Exception():
                self._context.abort(_DEFECT, f"{self._action} failed by a defect of the provider: {_defect(error)}")

    def _abort_partially(self, error: PartialFailureError) -> None:
        """Send the error in the form that makes the engine keep the resource."""
        reasons = [redact(reason, *self._references) for reason in error.reasons]
        failed = provider_pb2.ErrorResourceInitFailed(
            id=error.identity, properties=encode(self._seal(error.properties)), reasons=reasons
        )
        detail = any_pb2.Any()
        detail.Pack(failed)
        code, _ = grpc.StatusCode.UNKNOWN.value
        status = status_pb2.Status(code=code, message="; ".join(reasons), details=[detail])
        self._context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        self._context.abort(grpc.StatusCode.UNKNOWN, status.message)


def _defect(error: BaseException) -> str:
    """Return type and place of an exception; its text is left out because it may quote a value."""
    places = extract_tb(error.__traceback__)
    place = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{place}"
