"""A server that listens, within the transaction of the test."""

import threading
from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import WSGIServer
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from django.test.testcases import QuietWSGIRequestHandler

from tests.module_cast import ONCE

db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE


@pytest.fixture
def server(db: None) -> Iterator[str]:
    """The address of a server of one thread on the test's own connection, which nobody else uses while the test waits for an answer.

    Unlike that of `live_server` it sees what is not committed, so no table has to be emptied after the test.
    """
    http = WSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    http.set_app(WSGIHandler())
    ours = connections["default"]

    def serve() -> None:
        connections["default"] = ours
        http.serve_forever(poll_interval=0.01)

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # it closes what is in the middle of a transaction
    ours.inc_thread_sharing()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()
    ours.dec_thread_sharing()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
