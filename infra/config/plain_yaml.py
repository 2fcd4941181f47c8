"""YAML as plain data, read the same way wherever Slipway reads it."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError


class _Constructor(SafeConstructor):
    """Leaves dates, `=` and fractions as the text they were: only Go and Python disagree on what they are."""


for _tag in ("value", "timestamp", "float"):
    _Constructor.add_constructor(f"tag:yaml.org,2002:{_tag}", SafeConstructor.construct_yaml_str)


_TAB = r"found character '\t'"
"""What the reader says of one, after the words of its problem."""
_NO_TAB = "a tab, which YAML does not take here: write spaces"


class NotYamlError(Exception):
    """The text is not YAML; the message says where and holds none of it."""


def parse(text: str) -> Any:
    """Return the data of one YAML document.

    Raises:
        NotYamlError: the text is no YAML, or a map has a key twice.
    """
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    try:
        return reader.load(text)
    except DuplicateKeyError as error:
        raise NotYamlError(_sentence(error, "a key is written twice")) from None
    except MarkedYAMLError as error:
        is_tab = str(error.problem).startswith(_TAB)
        raise NotYamlError(_sentence(error, _NO_TAB if is_tab else "this is not YAML")) from None
    except YAMLError:
        msg = "this is not YAML"
        raise NotYamlError(msg) from None


def _sentence(error: MarkedYAMLError, problem: str) -> str:
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
