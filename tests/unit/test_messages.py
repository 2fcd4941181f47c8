"""What the program sends to the engine and what it keeps."""

import pulumi
import pytest

from stacks import messages


def test_debug_messages_are_sent_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def sent(message: str) -> None:
        """Stand for what sends: another test may have had it taken away."""

    monkeypatch.setattr(pulumi.log, "debug", sent)
    monkeypatch.setenv(messages.SHOW, "1")
    messages.leave_out_debugging()
    assert pulumi.log.debug is sent
    monkeypatch.delenv(messages.SHOW)
    messages.leave_out_debugging()
    assert pulumi.log.debug is not sent
