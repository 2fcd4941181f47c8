"""What every section of the stack file is made of: a closed model, and values with a name."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from infra.config.public_keys import whole


class Section(BaseModel):
    """A closed and strict part of a file; the docstrings of its attributes are its documentation."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )
    DISPENSABLE: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Places, `*` for any name, that the rules between keys can do without: a mistake there hides none elsewhere."""
    REMEDY: ClassVar[str] = ""
    """What to write, for somebody who has written no map."""

    def check_one_of(self, *keys: str) -> Self:
        """Return the section when exactly one of the keys is set.

        Raises:
            ValueError: none is set, or several are.
        """
        if sum(getattr(self, key) is not None for key in keys) != 1:
            msg = f"must have exactly one of {', '.join(f'`{key}`' for key in keys)}"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a text, for people: what it is called, and the sentence for one that does not have it."""

    name: str
    pattern: str
    sentence: str
    slips: tuple[tuple[str, str], ...] = ()
    """Patterns of what people write instead, each with a sentence of its own."""

    def check(self, text: str) -> str:
        """Return the text when it has the form.

        Raises:
            ValueError: it has not; the message does not hold it.
        """
        if not re.search(self.pattern, text) or "\n" in text:
            raise ValueError(next((said for slip, said in self.slips if re.search(slip, text)), self.sentence))
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after the type."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors the name and the pattern."""
        return {**handler(schema), "title": self.name, "pattern": self.pattern}


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = rf"^(?=.{{1,253}}$)({_LABEL}\.)+{_LABEL}$"

NAME = Form("name", f"^{_LABEL}$", "must be a name of small letters, digits and hyphens, at most 63, such as `shop`")
SECRET_NAME = Form(
    "secret name", "^[a-z][a-z0-9_-]{0,62}$", "must be a secret's name of small letters, digits, `-` and `_`"
)
DIGEST_REFERENCE = Form(
    "image by digest",
    r"^([a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?/)?[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*@sha256:[0-9a-f]{64}$",
    "must be an image by digest, `repository@sha256:<64 hex digits>`",
)

Name = Annotated[str, NAME]
SecretName = Annotated[str, SECRET_NAME]
ImageReference = Annotated[str, DIGEST_REFERENCE]
CONFIG_SECRET_NAME = Form(
    "config secret", "^[a-z][a-z0-9-]{0,62}$", "must be the `<name>` of a `slipway:secret-<name>` key"
)
ConfigSecretName = Annotated[str, CONFIG_SECRET_NAME]
BY_CONFIG = "write `{config: <name>}`, and the value by `pulumi config set --secret slipway:secret-<name>`"


class SecretOfStack(Section):
    """A secret of the stack."""

    REMEDY: ClassVar[str] = BY_CONFIG

    config: ConfigSecretName
    """Name of a secret of this stack: `slipway:secret-<name>`."""


EnvironmentName = Annotated[
    str,
    Form(
        "variable name",
        "^(?!COMPOSE_|DOCKER_)[A-Za-z_][A-Za-z0-9_]*$",
        "must be a variable's name of letters, digits and `_`, not one of Compose's own (`COMPOSE_…`, `DOCKER_…`)",
    ),
]
Domain = Annotated[
    str,
    Form(
        "domain",
        _DOMAIN,
        "must be a domain in small letters, such as `shop.example.com`",
        slips=(
            ("://", "must be the domain alone, without `https://`, as in `shop.example.com`"),
            (r"\*", "must be one domain: there are no wildcards, so name each host"),
        ),
    ),
]
Port = Annotated[int, Field(title="port", ge=1, le=65535)]
REGISTRY_HOST = Form(
    "registry", r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$", "must be a registry's host, `host[:port]`"
)
RegistryHost = Annotated[str, REGISTRY_HOST]
ServerAddress = Annotated[
    str,
    Form("address", r"^[A-Za-z0-9:]([A-Za-z0-9.:-]*[A-Za-z0-9])?$", "must be a host name or an IP address"),
]
_USER = Form(
    "user",
    # adduser's NAME_REGEX, and the length that systemd takes.
    "^[a-z][a-z0-9_-]{0,30}$",
    "must be a name that Debian takes for a user: a small letter, then small letters, digits, `-` and `_`, "
    "at most 31 in all, such as `deploy`",
)
UserName = Annotated[str, _USER]
PUBLIC_KEY = Form(
    "public key",
    r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|"
    r"sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{32,}={0,3}( [^\r\n]*)?$",
    "must be one line of a public key, `ssh-ed25519 AAAA… comment`",
)
PublicKey = Annotated[str, PUBLIC_KEY, AfterValidator(whole)]
HostKey = Annotated[
    str,
    Form(
        "host key",
        PUBLIC_KEY.pattern,
        "must be the server's public key in one line, `ssh-ed25519 AAAA…`",
        # A line of ssh-keyscan.
        slips=((r"^\S+ (ssh-|ecdsa-|sk-)", "must be the key alone, without the host in front: `ssh-ed25519 AAAA…`"),),
    ),
    AfterValidator(whole),
]
FilePath = Annotated[str, Form("file", "^[^\\u0000]+$", "must be the path of a file")]
Email = Annotated[str, Form("e-mail", r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "must be an e-mail address")]
AcmeDirectory = Annotated[
    str,
    Form(
        "ACME directory",
        r"^(letsencrypt|letsencrypt-staging|https://[^\s]+)$",
        "must be `letsencrypt`, `letsencrypt-staging` or the https URL of an ACME directory",
    ),
]
UrlPath = Annotated[str, Form("path", r"^/[A-Za-z0-9._~/-]*$", "must be a path that begins with `/`")]


def _network(text: str) -> str:
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        network = None
    if network is None or not network.is_private:
        msg = "must be a private IPv4 network, such as `10.213.0.0/16`"
        raise ValueError(msg)
    return text


Subnet = Annotated[str, Field(title="network"), AfterValidator(_network)]
