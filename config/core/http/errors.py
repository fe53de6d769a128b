"""How a call can end without an answer."""

from config.core.errors import DomainError


class NoAnswer(DomainError):
    """In words without a secret. `sent` is the request as it left, secrets cut; `maybe_received`: the other side may have acted on it.
    `began_with`: the status of an answer that was too large, or broke off.
    """

    maybe_received = False

    def __init__(self, message: str) -> None:
        super().__init__(message, status=502)
        self.sent = ""
        self.took_ms = 0
        self.began_with: int | None = None


class Refused(NoAnswer):
    """We do not call this address."""


class Unreachable(NoAnswer):
    """No connection, no answer in time, or nothing that is HTTP."""

    def __init__(self, message: str, *, maybe_received: bool = False) -> None:
        super().__init__(message)
        self.maybe_received = maybe_received


class TooLarge(NoAnswer):
    """More was answered than we read."""

    maybe_received = True
