"""The text of a finding: what a person reads in a preview, and what `slipway policy` reads back."""

from dataclasses import dataclass
from typing import Final

WHY: Final = "Why: "
DO: Final = "Do: "
WAIVED: Final = "Waived "
WAITING: Final = "cannot be known before `up`"
"""In the sentence about an input that is judged later."""
LINES: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What a finding says, a line each."""

    rule: str
    """What must hold."""
    sentence: str
    """What is wrong, and where."""
    reason: str = ""
    remedy: str = ""
    waived: str = ""
    """Until when, and why it is excused."""

    def __str__(self) -> str:
        """Return the lines, as the engine shows them."""
        if self.waived:
            return f"{self.rule}\n{self.sentence}\n{WAIVED}{self.waived}"
        return f"{self.rule}\n{self.sentence}\n{WHY}{self.reason}\n{DO}{self.remedy}"


def parse(text: str) -> Message:
    """Return a message by its text; one that the pack has not written is all sentence."""
    lines = text.strip().split("\n")
    if len(lines) == LINES and lines[2].startswith(WHY) and lines[3].startswith(DO):
        reason, remedy = lines[2].removeprefix(WHY), lines[3].removeprefix(DO)
        return Message(rule=lines[0], sentence=lines[1], reason=reason, remedy=remedy)
    if len(lines) == LINES - 1 and lines[2].startswith(WAIVED):
        return Message(rule=lines[0], sentence=lines[1], waived=lines[2].removeprefix(WAIVED))
    return Message(rule="", sentence=" ".join(lines))
