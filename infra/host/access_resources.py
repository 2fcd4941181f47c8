"""Typed resources for who gets in to a server; a change of one is put back unless a new connection confirms it."""

from collections.abc import Sequence
from typing import Unpack

import pulumi

from infra.host.access_inputs import AuthorizedKeysInputs, SshConfigInputs, SudoersFileInputs, UndeclaredInputs
from infra.host.resources import HostResource


class SshConfig(HostResource):
    """Settings of the SSH server that are in effect, whatever other files say."""

    TYPE = "host:index:SshConfig"
    INPUTS = SshConfigInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[SshConfigInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class SudoersFile(HostResource):
    """A rule that says who may become root; it is not written before sudo has accepted it."""

    TYPE = "host:index:SudoersFile"
    INPUTS = SudoersFileInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[SudoersFileInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class AuthorizedKeys(HostResource):
    """Public keys that may sign in as a user: a block of lines that holds exactly these."""

    TYPE = "host:index:AuthorizedKeys"
    INPUTS = AuthorizedKeysInputs
    OUTPUTS = ("undeclared",)

    user: pulumi.Output[str]
    undeclared: pulumi.Output[Sequence[str]]
    """Keys outside the block, by type, fingerprint and comment."""

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[AuthorizedKeysInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Undeclared(HostResource):
    """What nobody has declared on a server, told in each preview; users are locked where that is asked for."""

    TYPE = "host:index:Undeclared"
    INPUTS = UndeclaredInputs

    users: pulumi.Output[Sequence[str]]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[UndeclaredInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
