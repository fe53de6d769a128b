"""`manage.py import_leads` on a terminal: options, messages and exit status."""

import os
import re
import signal

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from campaigns import services
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.models import AuditEntry
from leads.imports import service
from leads.imports.command_line import ProgressDisplay, stop_on_signal
from leads.imports.service import LeadImportRun
from leads.models import Lead, LeadImport
from tests.cast import make_user
from tests.imports.conftest import HEAD, people

pytestmark = pytest.mark.django_db


def counts(said: str) -> list[str]:
    return re.findall(r"(?m)^(\w[\w ]+?) +([\d,]+)$", said)


def test_it_ends_with_counts(importer):
    out, err = importer.command(importer.file(people(1200) + "x,y,z\n"))
    assert counts(out) == [("read", "1,201"), ("stored", "1,200"), ("already there", "0"), ("refused", "1")]
    run = LeadImport.objects.get()
    assert f"Refused rows, with reasons: {run.refused_rows}\n" in out
    assert out.endswith(f"Import {run.pk} is complete.\n")
    assert err == "Columns: firstName, lastName, email.\n"


def test_it_says_which_columns_it_takes_and_which_it_leaves_out(importer):
    path = importer.file("Given,lastName,email,county\nA,B,a@example.com,Kent\n")
    _, err = importer.command(path, map=["Given=firstName"])
    assert err == "Columns: Given = firstName, lastName, email.\nLeft out: county.\n"


def test_parties_are_named_by_id_or_by_name(importer):
    importer.command(importer.file(people(2)), campaign="Spring", form="White paper", publisher="Pat Media", link="Newsletter")
    assert set(Lead.objects.values_list("publisher__name", "link__name")) == {("Pat Media", "Newsletter")}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"campaign": "Winter"}, r"There is no campaign Winter\. There are: \d+ Spring\."),
        ({"campaign": "9" * 5000}, "There is no campaign 999"),
        ({"campaign": "²"}, "There is no campaign ²"),
        ({"form": "White"}, r"There is no form White\. There are: \d+ White paper\."),
        ({"publisher": "-1"}, r"There is no publisher -1\. There are: \d+ Pat Media\."),
        ({"link": "Banner"}, r"There is no link Banner\. There are: \d+ Newsletter\."),
        ({"username": "nobody"}, "There is no active user nobody"),
        ({"delimiter": "colon"}, "The delimiter is one of"),
        ({"map": ["email=nickname"]}, "The form has no field nickname. It has: firstName, lastName, email, telephone, company."),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(importer, said, words):
    with pytest.raises(CommandError, match=words):
        importer.command(importer.file(people(1)), **said)
    assert LeadImport.objects.count() == 0


def test_a_name_several_campaigns_have_asks_for_the_id(importer, make_campaign):
    make_campaign("Spring")
    with pytest.raises(CommandError, match=r"Several are called Spring: say the id of the campaign\. \d+ Spring, \d+ Spring\."):
        importer.command(importer.file(people(1)), campaign="Spring")


def test_a_form_or_publisher_of_another_campaign_is_not_there(importer, bob):
    form = services.create_form("Other", fields=[{"name": "email", "label": "E-mail"}], actor=bob)
    publisher = services.create_publisher("Other Media", actor=bob)
    for said in ({"form": str(form.pk)}, {"publisher": str(publisher.pk)}):
        with pytest.raises(CommandError, match="There is no"):
            importer.command(importer.file(people(1)), **said)


def test_the_audit_trail_names_who_did_it(importer):
    user = make_user(roles.ADMIN)
    importer.command(importer.file(people(2)), username=user.username)
    assert AuditEntry.objects.filter(action="2 leads were imported").get().actor_id == user.pk


def test_a_trial_stores_nothing_and_says_so(importer):
    out, _ = importer.command(importer.file(people(2) + "x,y,z\n"), dry_run=True)
    assert counts(out) == [("read", "3"), ("stored", "2"), ("already there", "0"), ("refused", "1")]
    assert "people.csv.trial.errors.csv" in out
    assert out.endswith("This was a trial: nothing is stored.\n")
    assert Lead.objects.count() == 0


def test_ctrl_c_ends_it_between_chunks_and_the_same_command_goes_on(importer, small_chunks, monkeypatch):
    path, store, stored = importer.file(people(35)), LeadImportRun.write, []

    def interrupted_at_the_second(self, chunk):
        stored.append(chunk)
        if len(stored) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return store(self, chunk)

    monkeypatch.setattr(LeadImportRun, "write", interrupted_at_the_second)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(CommandError, match=r"^Import \d+ has stopped after row 20\. Run the same command again") as stop:
        importer.command(path)
    assert (stop.value.returncode, Lead.objects.count(), signal.getsignal(signal.SIGINT)) == (130, 20, before)
    out, err = importer.command(path)
    assert "Going on after row 20." in err
    assert counts(out)[:2] == [("read", "35"), ("stored", "35")]
    assert Lead.objects.count() == 35


def test_ctrl_c_ends_a_trial_too(importer, monkeypatch):
    monkeypatch.setattr("leads.imports.command_line.ProgressDisplay.started", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(CommandError, match="nothing is stored") as stop:
        importer.command(importer.file(people(1)), dry_run=True)
    assert stop.value.returncode == 130


def test_the_second_ctrl_c_does_not_wait():
    with stop_on_signal() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signal() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupt.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_database_that_goes_away_is_said_and_the_import_can_go_on(importer, small_chunks, monkeypatch):
    path = importer.file(people(25))

    def away(*_args, **_more):
        if Lead.objects.count() >= 10:
            raise OperationalError("server closed the connection unexpectedly")
        return receive(*_args, **_more)

    receive = service.receive_leads
    with monkeypatch.context() as patch:
        patch.setattr(service, "receive_leads", away)
        with pytest.raises(
            CommandError, match="The database is away or in trouble: server closed the connection unexpectedly. Run the same command again"
        ):
            importer.command(path)
    assert counts(importer.command(path)[0])[1] == ("stored", "25")
    assert Lead.objects.count() == 25


def test_what_goes_wrong_by_mistake_is_not_hidden_and_the_run_says_so(importer, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(service.row_validation, "validate_rows", broken)
    with pytest.raises(ZeroDivisionError):
        importer.command(importer.file(people(1)))
    run = LeadImport.objects.get()
    assert (run.state, run.error) == ("failed", "Unexpected: ZeroDivisionError.")


@pytest.mark.parametrize(("terminal", "apart"), [(True, 0.2), (False, 10)])
def test_progress_is_one_line_on_a_terminal_and_a_line_now_and_then_elsewhere(importer, small_chunks, monkeypatch, terminal, apart):
    clock, said = [0.0], []

    def tick() -> float:
        clock[0] += apart / 2 + 0.01
        return clock[0]

    monkeypatch.setattr("leads.imports.command_line.monotonic", tick)
    telling = ProgressDisplay(lambda text, ending: said.append(text + ending), terminal=terminal, should_stop=lambda: False)
    service.import_file(importer.asked(importer.file(HEAD + people(60).removeprefix(HEAD))), actor=SYSTEM, observer=telling)
    telling.clear()
    progress = [line for line in said if "/s" in line]
    assert len(progress) == 3
    assert re.fullmatch(r"(\r\x1b\[2K)?20 rows, [\d,]+/s, \d+%, \d:\d\d left\n?", progress[0])
    assert all(line.startswith("\r") != line.endswith("\n") for line in progress)
    assert (said[-1] == "\r\x1b[2K") == terminal


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "stored nothing. The file has no row below its header."),
        ("x,y,z\n,,\n", "stored nothing. 1 of 1 rows were refused."),
        ("First0,Last0,person0@example.com\n", ""),
    ],
)
def test_an_import_that_stored_nothing_exits_with_an_error_and_its_numbers(importer, rows, words):
    path = importer.file(HEAD + rows)
    if not words:
        importer.command(path)
        words = "stored nothing. Every row is a lead already."
    with pytest.raises(CommandError, match=words.replace("stored", "store", 1)) as trial:
        importer.command(path, dry_run=True)
    with pytest.raises(CommandError, match=words.replace("stored", "has stored", 1)) as error:
        importer.command(path, again=True)
    assert (trial.value.returncode, error.value.returncode, LeadImport.objects.latest("pk").state) == (1, 1, "done")
