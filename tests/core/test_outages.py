"""A full disk and a database that is away: the sentence for the caller, and one line in the log."""

import errno
import json
import logging

import psycopg
import pytest
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from django.templatetags.static import static
from django.test import RequestFactory

from config import logs
from config.core import error_pages
from config.outages import is_database_lost, is_disk_full


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def state(sqlstate: str | None, text: str = "gone") -> psycopg.OperationalError:
    return type("Refusal", (psycopg.OperationalError,), {"sqlstate": sqlstate})(text)


FULL = (
    OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Disk quota exceeded"), state("53100"),
    caused(OperationalError("could not extend file"), state("53100")), caused(DatabaseError("x"), psycopg.errors.DiskFull("x")),
    caused(RuntimeError("the import failed"), OSError(errno.ENOSPC, "x")),
)  # fmt: skip
LOST = (
    OperationalError("connection is bad"), InterfaceError("connection already closed"), state(None), state("08006"), state("57P01"),
    caused(OperationalError("x"), state(None)), caused(OperationalError("x"), state("57P03")), psycopg.InterfaceError("x"),
    caused(RuntimeError("the sweep failed"), OperationalError("x")), psycopg.errors.AdminShutdown("x"),
)  # fmt: skip
OTHER = (
    OSError(errno.EACCES, "x"), OSError("x"), ValueError("OperationalError"), state("40P01"), caused(OperationalError("x"), state("57014")),
    caused(DatabaseError("x"), psycopg.errors.UniqueViolation("x")), psycopg.errors.DeadlockDetected("x"), None, KeyError("53100"),
)  # fmt: skip


def test_each_is_recognised_by_its_cause_and_nothing_else_is():
    assert [error for error in (*LOST, *OTHER) if is_disk_full(error)] == []
    assert [error for error in (*FULL, *OTHER) if is_database_lost(error)] == []
    assert [error for error in FULL if not is_disk_full(error)] == []
    assert [error for error in LOST if not is_database_lost(error)] == []


@pytest.mark.parametrize("path", ["/webhook/leads", "/api/v4/lists", "/ajax/x"])
def test_a_program_reads_507_and_a_sentence(path):
    answer = error_pages.server_error(RequestFactory().post(path), FULL[3])
    assert answer.status_code == 507
    assert json.loads(answer.content) == {"code": 507, "message": error_pages.NO_ROOM}
    assert "Retry-After" not in answer, "it does not pass by itself"


def test_a_person_reads_the_same_sentence_on_a_page():
    answer = error_pages.server_error(RequestFactory().get("/v2/leads"), FULL[0])
    assert answer.status_code == 507
    assert error_pages.NO_ROOM in answer.content.decode()


def shortened(error: Exception, form) -> dict:
    return dict(logs.shorten_lost_database(None, "error", {"event": "Task x raised unexpected: a\n\tb", "exc_info": form(error)}))


@pytest.mark.parametrize("form", [lambda error: error, lambda error: (type(error), error, None)], ids=["exception", "tuple"])
def test_a_database_that_is_away_is_one_line_without_a_traceback(form):
    for error in LOST:
        event = shortened(error, form)
        assert "exc_info" not in event
        assert "\n" not in event["event"] + event["error"]
        assert str(error) in event["error"]
    for error in (*FULL[1:3], *OTHER[:7]):
        assert "exc_info" in shortened(error, form), "other errors keep their traceback"


def test_the_log_of_any_library_is_shortened_so():
    def line(error: Exception) -> str:
        record = logging.LogRecord(
            "celery.app.trace", logging.ERROR, "x.py", 1, "Task failed", (), (type(error), error, error.__traceback__)
        )
        renderer = structlog.processors.JSONRenderer()
        return structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=logs.SHARED).format(record)

    with pytest.raises(OperationalError) as away:
        raise OperationalError("connection is bad:\n\tIs the server running?")
    text = line(away.value)
    assert "Traceback" not in text
    assert json.loads(text)["error"] == "OperationalError: connection is bad: Is the server running?"
    with pytest.raises(ValueError, match="other") as other:
        raise ValueError("other")
    assert "Traceback" in line(other.value)


SENTENCES = {
    400: "This request cannot be read", 403: "This is not open to you", 404: "There is nothing here", 500: "Something went wrong on our side",
    503: "Sluice cannot be reached at the moment", 507: "The disk is full", "csrf": "This page was open too long",
}  # fmt: skip


def pages(request):
    refused = {
        status: getattr(error_pages, name)(request, None) for status, name in ((400, "bad_request"), (403, "forbidden"), (404, "not_found"))
    }
    failed = {
        status: error_pages.server_error(request, error) for status, error in ((500, ValueError("x")), (503, LOST[0]), (507, FULL[0]))
    }
    return {**refused, **failed, "csrf": error_pages.csrf_failure(request)}


@pytest.mark.parametrize("collected", [True, False], ids=["with static files", "without any"])
def test_every_error_page_is_shown_without_a_database_and_without_static_files(collected, settings, tmp_path):
    """The tests' database is out of reach of this one."""
    if not collected:
        settings.STATIC_ROOT = tmp_path
        manifest = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": manifest}
        with pytest.raises(ValueError, match="manifest"):
            static("css/sluice.css")
    request = RequestFactory().get("/v2/leads")
    request.id = "ref-12345678"
    for kind, answer in pages(request).items():
        text = answer.content.decode()
        assert answer.status_code == (403 if kind == "csrf" else kind)
        assert SENTENCES[kind] in text
        assert "Reference ref-12345678" in text
        assert 'href="/"' in text or kind == "csrf", "a way out"
        assert ("sluice.css" in text) is collected
        assert "<style" not in text, "the policy of the site forbids inline styles"
