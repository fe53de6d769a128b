"""Ann, who has an e-mail address, and a mail server that keeps its letters."""

import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from config.core.accounts import roles
from config.core.models import User
from tests.cast import make_user
from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


class Mailbox:
    """Accepts mail, or answers with a refusal while there is one."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.refusal = ""

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refusal:
            return self.refusal
        self.messages.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        return "250 kept"


@pytest.fixture
def ann(db) -> User:
    return make_user(roles.ADMIN, name="Ann van der Lee", mailed_kinds=["bulk_action"])


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A mail server of its own, to which the settings point."""
    handler = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield handler
    server.stop()
