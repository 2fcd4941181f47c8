"""Secrets and variables, of a repository and of its environments."""

import base64
import binascii
import re
from collections.abc import Callable
from http import HTTPStatus

from nacl.exceptions import CryptoError

from tests.github_standin.environments import environment_of
from tests.github_standin.repository import Sealed, Store
from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing

NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")
LARGEST = 48 * 1024
"""Bytes of a secret."""
Find = Callable[[Request], Store]


def of_environment(request: Request) -> Store:
    """Return what an environment has."""
    return environment_of(request).store


def of_repository(request: Request) -> Store:
    """Return what a repository has."""
    return request.repository.store


def _register(secrets: str, variables: str, find: Find) -> None:
    """Answer for the secrets and variables of one kind of place."""
    for method, path, handler, status in (
        ("GET", f"{secrets}/public-key", _public_key, HTTPStatus.OK),
        ("GET", secrets, _list_secrets, HTTPStatus.OK),
        ("GET", f"{secrets}/{{secret}}", _get_secret, HTTPStatus.OK),
        ("PUT", f"{secrets}/{{secret}}", _put_secret, HTTPStatus.CREATED),
        ("DELETE", f"{secrets}/{{secret}}", _delete_secret, HTTPStatus.NO_CONTENT),
        ("GET", variables, _list_variables, HTTPStatus.OK),
        ("POST", variables, _create_variable, HTTPStatus.CREATED),
        ("GET", f"{variables}/{{variable}}", _get_variable, HTTPStatus.OK),
        ("PATCH", f"{variables}/{{variable}}", _update_variable, HTTPStatus.NO_CONTENT),
        ("DELETE", f"{variables}/{{variable}}", _delete_variable, HTTPStatus.NO_CONTENT),
    ):
        route(method, path, status)(_bound(handler, find))


def _bound(handler: Callable[[Request, Store], object], find: Find) -> Callable[[Request], object]:
    return lambda request: handler(request, find(request))


def _public_key(request: Request, store: Store) -> Thing:
    request.require_administrator()
    key = base64.b64encode(bytes(store.key.public_key)).decode()
    return {"key_id": str(int.from_bytes(bytes(store.key.public_key)[:6])), "key": key}


def _list_secrets(request: Request, store: Store) -> Listed:
    request.require_administrator()
    return Listed([_shown(name, secret) for name, secret in sorted(store.secrets.items())], "secrets")


def _get_secret(request: Request, store: Store) -> Thing:
    request.require_administrator()
    name = request.parts["secret"].upper()
    if name not in store.secrets:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return _shown(name, store.secrets[name])


def _put_secret(request: Request, store: Store) -> Thing | None:
    request.require_administrator()
    name, content = request.parts["secret"].upper(), request.content
    try:
        value = store.opened(base64.b64decode(content["encrypted_value"], validate=True))
    except (CryptoError, binascii.Error, ValueError):
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Bad request - could not decrypt the secret") from None
    is_right = content["key_id"] == _public_key(request, store)["key_id"] and NAME.fullmatch(name)
    if not is_right or len(value) > LARGEST:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    at = request.world.now()
    former = store.secrets.get(name)
    store.secrets[name] = Sealed(value=value, created_at=former.created_at if former else at, updated_at=at)
    return None if former else {}


def _delete_secret(request: Request, store: Store) -> None:
    _get_secret(request, store)
    del store.secrets[request.parts["secret"].upper()]


def _list_variables(request: Request, store: Store) -> Listed:
    request.require_administrator()
    return Listed(list(store.variables.values()), "variables")


def _create_variable(request: Request, store: Store) -> Thing:
    request.require_administrator()
    name, at = str(request.content["name"]).upper(), request.world.now()
    if name in store.variables:
        raise RefusedError(HTTPStatus.CONFLICT, "Already exists - Variable already exists")
    if not NAME.fullmatch(name):
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    store.variables[name] = {"name": name, "value": request.content["value"], "created_at": at, "updated_at": at}
    return {}


def _get_variable(request: Request, store: Store) -> Thing:
    request.require_administrator()
    name = request.parts["variable"].upper()
    if name not in store.variables:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return store.variables[name]


def _update_variable(request: Request, store: Store) -> None:
    found = _get_variable(request, store)
    found.update({"value": request.content["value"], "updated_at": request.world.now()})


def _delete_variable(request: Request, store: Store) -> None:
    _get_variable(request, store)
    del store.variables[request.parts["variable"].upper()]


def _shown(name: str, secret: Sealed) -> Thing:
    return {"name": name, "created_at": secret.created_at, "updated_at": secret.updated_at}


_register("/environments/{environment}/secrets", "/environments/{environment}/variables", of_environment)
_register("/actions/secrets", "/actions/variables", of_repository)
