"""The session engine: Django's, in a table with a column for the user."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from config.core.models import UserSession


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[UserSession]:  # type: ignore[override]  # the stubs know Django's own model only
        return UserSession

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:  # type: ignore[override]  # as above
        return UserSession(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]  # missing from the stubs
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
        )
