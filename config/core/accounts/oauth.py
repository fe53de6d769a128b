"""Refusals in the shape of OAuth, for views with bearer tokens."""

from django.http import HttpResponse

from config.core.api import api_view
from config.core.errors import DomainError


class OAuthRefusal(DomainError):
    """A refusal about the token. `error` is the error code defined by OAuth."""

    def __init__(self, error: str, message: str, *, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message, status=status, headers=headers)
        self.error = error


class NotAuthorised(OAuthRefusal):
    def __init__(self, error: str, message: str) -> None:
        challenge = f'Bearer realm="Service", error="{error}", error_description="{message}"'
        super().__init__(error, message, status=401, headers={"WWW-Authenticate": challenge})


def refused(refusal: DomainError) -> HttpResponse:
    """Return OAuth's response for a refusal about the token, and the usual response for every other refusal."""
    if not isinstance(refusal, OAuthRefusal):
        return api_view.refused(refusal)
    body = {"error": refusal.error, "error_description": str(refusal)}
    return api_view.json_response(
        body, status=refusal.status, headers={**refusal.headers, "Cache-Control": "no-store", "Pragma": "no-cache"}
    )
