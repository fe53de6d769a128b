"""The exception by which a service refuses a request."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal with a message for the user. `field` names the input it is about, `status` and `headers` are for the HTTP response."""

    def __init__(self, message: str, *, field: str | None = None, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.status, self.headers = message, field, status, dict(headers or {})
