"""What can go wrong, in one sentence for people."""


class TroubleError(Exception):
    """Something failed; the text is one sentence without its full stop, and holds no secret."""


class AwayError(TroubleError):
    """A target does not answer just now."""


class TerminatedError(BaseException):
    """Systemd wants the run to end."""
