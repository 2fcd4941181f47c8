"""What Docker Compose complains of, in sentences that hold no value of the files."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.compose.keys import TOP_LEVEL_REFUSED
from infra.compose.sources import Sources
from infra.config.mistakes import Mistake, Step

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_WARNING = re.compile(r'^time="[^"]*" level=warning msg="((?:[^"\\]|\\.)*)"$')
_KINDS = {"array": "a list", "list": "a list", "mapping": "a map", "object": "a map", "boolean": "`true` or `false`"}
_HARMLESS = ("`version` is obsolete", "Swarm")
"""The first says nothing; what is for Swarm is refused by name."""
_UNSET = re.compile(r'The \\"(\w+)\\" variable is not set')


@dataclass(frozen=True, slots=True)
class _Known:
    """A complaint whose form is known: where it is about, and our words for it."""

    pattern: re.Pattern[str]
    sentence: Callable[[re.Match[str]], str]


_KNOWN = (
    _Known(
        re.compile(r"error while interpolating (?P<path>\S+): required variable (\w+) is missing a value(: .*)?"),
        lambda match: f"variable {match[2]} has to be set under the product's `env`{match[3] or ''}",
    ),
    _Known(
        re.compile(r"invalid interpolation format for (?P<path>\S+)\."),
        lambda _: "has a `$` that is no variable: write `$$` for the sign itself",
    ),
    _Known(re.compile(r"validating .*?: (?P<path>\S+) false schema"), lambda _: "is not a key of the compose format"),
    _Known(
        re.compile(r"validating .*?: (?P<path>\S*) ?additional properties '([\w.-]+)'.* not allowed"),
        lambda match: f"`{match[2]}` is not a key of the compose format",
    ),
    _Known(
        re.compile(r"(?:validating .*?: )?(?P<path>\S+) must be an? (\w+)"),
        lambda match: f"must be {_KINDS.get(match[2], f'a {match[2]}')}",
    ),
    _Known(
        re.compile(r"validating .*?: (?P<path>\S+) value must be one of ('[\w-]+'(?:, '[\w-]+')*)"),
        lambda match: f"must be one of {match[2]}",
    ),
    _Known(
        re.compile(r"(?P<path>secrets\.\S+): one of \S+ must be set"),
        lambda _: f"cannot be mapped: {TOP_LEVEL_REFUSED['secrets.*.*']}",
    ),
    _Known(re.compile(r"'(?P<path>\S+)' invalid size:"), lambda _: "must be a size, such as `256m`"),
    _Known(re.compile(r"'(?P<path>\S+)' strconv\."), lambda _: "must be a number, or a size such as `256m`"),
    _Known(re.compile(r"'(?P<path>\S+)' time: "), lambda _: "must be a duration, such as `30s` or `1m30s`"),
)


def refusals(remarks: str, sources: Sources) -> list[Mistake]:
    """Return why Docker Compose refused the files, as far as that can be said."""
    errors = [line for line in remarks.splitlines() if not _WARNING.match(line)]
    return [
        sources.mistake(_steps(match["path"]), known.sentence(match))
        for line in errors
        for known in _KNOWN
        if (match := known.pattern.search(line))
    ]


def unknown_refusal(sources: Sources) -> Mistake:
    """Return the mistake for a refusal whose words are new to us: they may hold a value, so they are not shown."""
    return Mistake(sources[0].shown, "", "Docker Compose refuses it; `docker-compose -f <file> config` says why")


def warnings(remarks: str, sources: Sources) -> Iterator[Mistake]:
    """Yield what Docker Compose only warns of; Slipway leaves nothing out in silence."""
    for line in remarks.splitlines():
        match = _WARNING.match(line)
        if match is None or any(words in match[1] for words in _HARMLESS):
            continue
        unset = _UNSET.search(match[1])
        if unset is None:
            text = "Docker Compose warns of something in it; `docker-compose -f <file> config` says what"
            yield Mistake(sources[0].shown, "", text)
        else:
            name = unset[1]
            text = f"variable {name} is not set: set it under the product's `env`, or write `${{{name}:-}}` for nothing"
            yield Mistake(sources.mentioning(name).shown, "", text)


def _steps(path: str) -> tuple[Step, ...]:
    return tuple(match[1] or match[2] for match in _STEP.finditer(path.strip(".")) if match[1] or match[2])
