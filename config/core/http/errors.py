"""The exceptions of a call without an answer."""

from config.core.errors import DomainError


class NoAnswer(DomainError):
    """Base class; its message holds no secret.

    `sent` is the request as it was sent, with secrets removed. `maybe_received`: the other side may have acted on it.
    `began_with` is the status of a response that was too large, or broke off.
    """

    maybe_received = False

    def __init__(self, message: str) -> None:
        super().__init__(message, status=502)
        self.sent = ""
        self.took_ms = 0
        self.began_with: int | None = None


class AddressRefused(NoAnswer):
    """The address may not be called."""


class Unreachable(NoAnswer):
    """There was no connection, no response in time, or a response that is not HTTP."""

    def __init__(self, message: str, *, maybe_received: bool = False) -> None:
        super().__init__(message)
        self.maybe_received = maybe_received


class TooLarge(NoAnswer):
    """The response is larger than the limit."""

    maybe_received = True
