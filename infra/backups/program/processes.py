"""Programs of the server, and one program's output as another one's input."""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO

from infra.backups.program.trouble import TroubleError

_CHUNK = 1 << 20
_LONGEST_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Result:
    """How a program ended."""

    code: int
    output: str
    complaints: str

    @property
    def last_words(self) -> str:
        """The last thing it complained of."""
        return last_line(self.complaints) or last_line(self.output) or f"it ended with exit code {self.code}"


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def run(
    words: Sequence[str],
    *,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    patience: float = _LONGEST_SECONDS,
) -> Result:
    """Run a program to its end.

    Raises:
        TroubleError: it is not there, or takes longer than it may.
    """
    try:
        done = subprocess.run(
            words,
            input=text.encode(),
            capture_output=True,
            env=environment,
            timeout=patience,
            check=False,
        )
    except FileNotFoundError:
        message = f"there is no {words[0]} on this server"
        raise TroubleError(message) from None
    except subprocess.TimeoutExpired:
        message = f"{words[0]} has not ended in {patience:.0f} s"
        raise TroubleError(message) from None
    return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def must(words: Sequence[str], *, text: str = "") -> str:
    """Run a program that has to succeed, and return what it printed.

    Raises:
        TroubleError: it failed; its last words say why.
    """
    result = run(words, text=text)
    if result.code:
        message = f"`{words[0]} {words[1]}` failed: {result.last_words}"
        raise TroubleError(message)
    return result.output


def pour(source: Sequence[str], sink: Sequence[str], environment: Mapping[str, str] | None = None) -> Result:
    """Give what one program prints to another one, which gets to see the end only when the first one ended well.

    Else it would keep a half as the whole: it is killed before it can.

    Raises:
        TroubleError: the first one failed, or the second one.
    """
    with ExitStack() as stack:
        out, said, complained = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        reader = stack.enter_context(_started(sink, stdin=subprocess.PIPE, out=out, err=complained, env=environment))
        stack.callback(_end, reader)
        writer = stack.enter_context(_started(source, stdin=subprocess.DEVNULL, out=subprocess.PIPE, err=said))
        stack.callback(_end, writer)
        whole = _copy(writer, reader)
        if whole and writer.wait():
            words = last_line(_text(said)) or f"exit code {writer.returncode}"
            message = f"`{' '.join(source[:2])}` failed: {words}"
            raise TroubleError(message)
        if whole and reader.stdin:
            reader.stdin.close()
        return Result(reader.wait() or int(not whole), _text(out), _text(complained))


def drain(source: Sequence[str], sink: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Give what one program prints to another one; both have to end well, and what the second did is then whole.

    Args:
        source: prints.
        sink: reads; whatever it did of a half has to be thrown away.
        environment: of the first one.

    Raises:
        TroubleError: one of them failed.
    """
    with ExitStack() as stack:
        said, complained = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        writer = stack.enter_context(
            _started(source, stdin=subprocess.DEVNULL, out=subprocess.PIPE, err=said, env=environment)
        )
        stack.callback(_end, writer)
        reader = stack.enter_context(_started(sink, stdin=writer.stdout, out=subprocess.DEVNULL, err=complained))
        stack.callback(_end, reader)
        if writer.stdout:
            # Else the first one would never hear that the second one has ended.
            writer.stdout.close()
        codes = reader.wait(), writer.wait()
        words = last_line(_text(complained)) if codes[0] else last_line(_text(said))
    if any(codes):
        failed = sink if codes[0] else source
        message = f"`{' '.join(failed[:2])}` failed: {words or f'exit code {max(codes)}'}"
        raise TroubleError(message)


def _started(
    words: Sequence[str],
    *,
    stdin: int | IO[bytes] | None,
    out: int | IO[bytes],
    err: IO[bytes],
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(words, stdin=stdin, stdout=out, stderr=err, env=env)
    except FileNotFoundError:
        message = f"there is no {words[0]} on this server"
        raise TroubleError(message) from None


def _copy(writer: subprocess.Popen[bytes], reader: subprocess.Popen[bytes]) -> bool:
    """Copy all there is; tell whether the second one has taken it."""
    if writer.stdout is None or reader.stdin is None:
        return False
    while chunk := writer.stdout.read(_CHUNK):
        try:
            reader.stdin.write(chunk)
            reader.stdin.flush()
        except BrokenPipeError:
            # It has ended, and will say why; the first one may end too.
            writer.stdout.close()
            with suppress(BrokenPipeError):
                # What is left for it would be tried again with every other attempt to close.
                reader.stdin.close()
            return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
