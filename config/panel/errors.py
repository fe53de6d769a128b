"""What a service says when it will not do what was asked."""


class DomainError(Exception):
    """A refusal in words for a person; `field` names the input it is about, `status` is its HTTP meaning."""

    def __init__(self, message: str, *, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status
