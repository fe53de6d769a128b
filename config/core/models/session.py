from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.module_loading import import_string


class UserSession(AbstractBaseSession):
    """A session that names its user, so that theirs are found without decoding those of all others.

    The user is no foreign key: a session is written for many requests and should not lock the row of its user.
    """

    user_id = models.BigIntegerField(null=True, db_index=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_string("config.core.accounts.session_store.SessionStore")  # which imports this module
        return store
