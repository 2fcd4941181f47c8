"""What every unit test may rely on."""

import asyncio
import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from infra.compose import reader
from infra.compose.binary import Answer, normalise

LOOP = asyncio.new_event_loop()
"""Never closed: what Pulumi leaves pending in it is nobody's to wait for."""
ELSEWHERE = (b"file", b"include", b"extends")
"""Keys by which a compose file draws on other files begin or end so."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is imported out of every search for garbage: it stays, and is most of what would be gone through."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.fixture(autouse=True)
def event_loop() -> None:
    """Give the main thread an event loop: Pulumi looks for one, and `asyncio.run` elsewhere takes it away."""
    asyncio.set_event_loop(LOOP)


@pytest.fixture(autouse=True, scope="session")
def compose_asked_once() -> Iterator[None]:
    """Keep what Docker Compose answers: most stacks of these tests have the same product."""
    answers: dict[object, Answer] = {}

    def ask(files: Sequence[Path], environment: Mapping[str, str], project: str, *, env_files: bool = True) -> Answer:
        texts = tuple(file.read_bytes() for file in files)
        question = (texts, tuple(sorted(environment.items())), project, env_files)
        if question in answers:
            return answers[question]
        answer = normalise(files, environment, project, env_files=env_files)
        # A remark names the folder of one test.
        if answer.accepted and not answer.remarks and not any(word in text for word in ELSEWHERE for text in texts):
            answers[question] = answer
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "normalise", ask)
        yield
