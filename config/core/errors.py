"""What a service says when it will not do what was asked."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal in words for a person; `field` names the input it is about, `status` and `headers` are its HTTP meaning."""

    def __init__(self, message: str, *, field: str | None = None, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.status, self.headers = message, field, status, dict(headers or {})
