"""Mistakes of all files come together, each one line, never a value."""

from infra.config.mistakes import Mistake, did_you_mean, place
from tests.unit.config.conftest import CANARY, Stack


def test_all_mistakes_come_together(stack: Stack) -> None:
    stack.server["prot"] = 1
    stack.product["env"]["IDLE"] = CANARY
    stack.product["ingres"] = CANARY
    stack.product["ingress"][0]["port"] = 1
    stack.sections["registries"]["ghcr.io"] = {"username": 5, "password": {"config": "x"}}
    stack.other["slipway:prodcts"] = "{}"
    (stack.root / "second.yaml").write_text("services: {web: {privileged: true}}", encoding="utf-8")
    stack.sections["products"]["blog"] = {"server": "none", "compose": ["compose.yaml", "second.yaml"]}
    assert stack.releases is not None
    del stack.releases["shop"]["db"]
    assert [line.partition(": ")[2].partition(": ")[0] for line in stack.mistakes()] == [
        "slipway:prodcts",
        "slipway:products.blog.server",
        "slipway:products.shop.env.IDLE",
        "slipway:products.shop.ingres",
        "slipway:products.shop.ingress[0].port",
        'slipway:registries["ghcr.io"].username',
        "slipway:servers.main.prot",
        "variable URL is not set",
        "shop.db",
        "services.web.privileged",
    ]


def test_place_is_written_as_in_the_file() -> None:
    assert place("a", "b", 0, "c") == "a.b[0].c"
    assert (
        place("registries", "registry.example.com:5000", "ca_file") == 'registries["registry.example.com:5000"].ca_file'
    )
    assert place() == ""


def test_mistake_is_one_line_with_what_is_known() -> None:
    assert str(Mistake("a.yaml", "b.c", "is missing")) == "a.yaml: b.c: is missing"
    assert str(Mistake("a.yaml", "", "is missing")) == "a.yaml: is missing"


def test_remark_names_the_nearest_word_only_when_there_is_one() -> None:
    assert did_you_mean("wep", ["web", "worker"]) == "; did you mean `web`?"
    assert did_you_mean("zzz", ["web", "worker"]) == ""
