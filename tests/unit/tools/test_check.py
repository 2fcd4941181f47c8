"""What `make check` looks for itself."""

from pathlib import Path

import pytest

from tools.check import refuse_put_off, shell_scripts
from tools.command import SetupError


def test_scripts_are_known_by_their_first_line(tmp_path: Path) -> None:
    contents = {
        "posix": "#!/bin/sh\n",
        "bash": "#!/usr/bin/env bash\n",
        "python": "#!/usr/bin/env python3\n",
        "text": "sh\n",
    }
    files = []
    for name, text in contents.items():
        files.append(tmp_path / name)
        files[-1].write_text(text)
    assert [path.name for path in shell_scripts(files)] == ["posix", "bash"]


@pytest.mark.parametrize("words", ["TO" + "DO: later", "x = 1  # no" + "qa", "y = 2  # type: " + "ignore[misc]"])
def test_work_put_off_is_refused_by_file_and_line(tmp_path: Path, words: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(f"first = 1\n{words}\n")
    with pytest.raises(SetupError, match=r"module\.py:2"):
        refuse_put_off([path])
