"""Answers that arrive after a lost claim or without a database are recorded, and nothing is sent twice."""

import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from config.core.credentials import encryption
from integrations import integrity, services, tasks, texts
from integrations.base import Attempt, AttemptResult
from integrations.delivery import claims, recovery, scheduler, sender, unrecorded
from integrations.models import Delivery
from leads import integrity as leads_integrity
from leads import lifecycle
from leads.models import Lead
from processr import integrity as processr_integrity
from processr.models import Event, Job
from tests.embedded.installation import until
from tests.integrations.engine.conftest import deliveries, due_now, later, never, sent, states, unclear
from tests.module_cast import ANEW
from tests.races import connected, in_own_session

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)

STOPPED = "The worker stopped while this was being sent: it may have arrived"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STATE_DIR = tmp_path
    return tmp_path / "files" / "answers"


def loses_its_claim(part, *acts):
    """Send by the part; before the answer is there a sweep takes the worker for dead, and then the acts happen."""

    def send(outgoing):
        def meanwhile():
            recovery.free_stale(0)
            with transaction.atomic():  # or the sender could take what is due between two acts
                for act in acts:
                    act(Delivery.objects.get(pk=outgoing.id))

        in_own_session(meanwhile)
        return part(outgoing)

    return send


def is_sent_again(delivery):
    Delivery.objects.filter(pk=delivery.pk).update(state="sending", claim=scheduler.uuid4(), claimed_at="2026-01-01T00:00Z")


CASES = [  # safe to repeat, the answer, what others did meanwhile; what becomes of it before anything is sent again
    (True, sent, [], "sent", "Answered 200 OK", "delivered"),
    (False, sent, [], "sent", "Answered 200 OK", "delivered"),
    (False, sent, ["retry", "in an hour"], "sent", "Answered 200 OK", "delivered"),
    (False, sent, ["give up"], "sent", "Answered 200 OK", "delivered"),
    (True, sent, ["invalid"], "sent", "Answered 200 OK", "not_delivered"),
    (True, sent, ["sent again"], "sending", STOPPED, "not_delivered"),
    (False, never, [], "needs_person", "Answered 400 Bad Request", "not_delivered"),
    (True, never, [], "needs_person", "Answered 400 Bad Request", "not_delivered"),
    (False, later, [], "queued", "Answered 503 Service Unavailable", "not_delivered"),
    (False, unclear, [], "needs_person", STOPPED, "not_delivered"),
    (False, never, ["retry", "in an hour"], "queued", STOPPED, "not_delivered"),
    (False, later, ["give up"], "failed", f"{texts.GIVEN_UP}. Last answer: {STOPPED}", "not_delivered"),
    (True, later, ["sent again"], "sending", STOPPED, "not_delivered"),
]


def test_an_answer_after_the_claim_was_lost(make_campaign, plays, valid, bob):
    acts = {
        "retry": lambda one: services.retry([one.pk], actor=bob),
        "give up": lambda one: services.give_up([one.pk], actor=bob, reason="Gone"),
        "invalid": lambda one: lifecycle.flag([one.lead_id], "invalid", actor=bob, reason="Returned"),
        "sent again": is_sent_again,
        "in an hour": lambda one: Delivery.objects.filter(pk=one.pk).update(not_before=timezone.now() + timedelta(hours=1)),
    }
    for case in CASES:
        safe, part, meanwhile, *expected = case
        calls: list[str] = []
        first = loses_its_claim(part, *(acts[act] for act in meanwhile))

        def counted(outgoing, calls=calls, first=first):
            calls.append(outgoing.event_id)
            return first(outgoing) if len(calls) == 1 else sent(outgoing)

        campaign = make_campaign()
        job = plays(campaign, counted, safe=safe)
        (lead,) = valid(campaign)
        scheduler.serve_destinations(seconds=5)

        (delivery,) = deliveries(job)
        assert [delivery.state, delivery.answer, Lead.objects.get(pk=lead.pk).delivery_status] == expected, case
        assert delivery.attempts == 1, case
        assert Event.objects.filter(job_id=job.pk, message__startswith="POST").count() == 1, "the call is on record"
        due_now()
        scheduler.serve_destinations(seconds=5)
        assert len(calls) == (2 if expected[0] == "queued" else 1), f"what has arrived is sent once: {case}"
        Job.objects.filter(pk=job.pk).update(enabled=False)
    assert integrity.deliveries() + processr_integrity.job_tallies() + leads_integrity.tallies() + leads_integrity.billing() == []


def test_what_changes_between_the_look_and_the_record_is_seen(campaign, plays, valid, bob):
    """Giving up takes no lock of the lead: the record is rolled back and begins again."""
    plays(campaign, loses_its_claim(sent))
    (lead,) = valid(campaign)
    looks = []

    def given_up_after_the_look(token, records):
        found = look(token, records)
        if records[0].attempts == 0 and not looks and Delivery.objects.get(pk=records[0].pk).lost_claim:
            looks.append(found)
            in_own_session(lambda: services.give_up([records[0].pk], actor=bob, reason="Gone"))
        return found

    look = claims.claim_standings
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(claims, "claim_standings", given_up_after_the_look)
        scheduler.serve_destinations(seconds=5)
    assert [standing.state for standing in looks[0].values()] == ["needs_person"]
    assert (states(), Lead.objects.get(pk=lead.pk).delivery_status) == (["sent"], "delivered")
    assert Event.objects.filter(kind="delivery", message__startswith="POST").count() == 1


def end_all_sessions(but: psycopg.Connection) -> None:
    sessions = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    but.execute(sessions, [connection.settings_dict["NAME"]])


@contextmanager
def database_away():
    """Refuse database sessions, as while the server is restarted."""
    name = psycopg.sql.Identifier(connection.settings_dict["NAME"])
    given = connection.get_connection_params()
    outside = {key: given[key] for key in ("user", "password", "host", "port") if given.get(key)}
    with psycopg.connect(dbname="postgres", autocommit=True, **outside) as other:
        other.execute(psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        end_all_sessions(other)
        try:
            yield
        finally:
            other.execute(psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
            connection.close()  # that of the test has ended too


class Receiver:
    """Answers 200 when it is let go. `turn` is that of the worker that calls it."""

    turn: Future[None]

    def __init__(self) -> None:
        self.got: list[str] = []
        self.may_answer = threading.Event()

    def __call__(self, outgoing) -> Attempt:
        self.got.append(outgoing.event_id)
        assert self.may_answer.wait(30)
        return Attempt(AttemptResult.SENT, f"Answered 200 OK to {outgoing.lead.email}", 200)


def worker() -> None:
    try:
        scheduler.serve_destinations(seconds=1)
    except unrecorded.AWAY:
        pass  # the next task begins with a new session
    finally:
        connection.close()


@contextmanager
def four_calls_in_flight(campaign, plays, valid):
    receiver = Receiver()
    plays(campaign, receiver, concurrency=4)
    valid(campaign, 6)
    with ThreadPoolExecutor(1) as threads:
        turn = threads.submit(worker)
        until(lambda: len(receiver.got) == 4, "four leads are being sent")
        receiver.turn = turn
        yield receiver
        receiver.may_answer.set()
        turn.result(60)


@pytest.mark.parametrize("swept", [False, True], ids=["before a sweep", "after a sweep has taken the worker for dead"])
def test_answers_are_recorded_once_the_database_is_back(swept, campaign, plays, valid, files, monkeypatch):
    monkeypatch.setattr(unrecorded, "PAUSE_SECONDS", 0.05)
    with four_calls_in_flight(campaign, plays, valid) as receiver:
        with database_away():
            receiver.may_answer.set()
            until(lambda: len(list(files.glob("*.answers"))), "an answer waits for the database")
        if swept:
            recovery.free_orphans()
    until(lambda: states().count("sent") == 4, "the four answers are recorded")
    assert not list(files.iterdir())
    assert not {"needs_person", "sending"} & set(states())
    assert Lead.objects.filter(delivery_status="delivered").count() == 4
    tasks.work()
    assert (states(), len(receiver.got), len(set(receiver.got))) == (["sent"] * 6, 6, 6)
    assert integrity.deliveries() + processr_integrity.job_tallies() == []


@pytest.mark.sql
def test_a_process_that_cannot_wait_leaves_its_answers_to_another(campaign, plays, valid, files, monkeypatch):
    monkeypatch.setattr(unrecorded, "WAIT_SECONDS", 0.1)
    with four_calls_in_flight(campaign, plays, valid) as receiver, database_away():
        receiver.may_answer.set()
        receiver.turn.result(60)
    kept = list(files.iterdir())
    assert kept
    assert files.stat().st_mode & 0o777 == 0o700
    for path in kept:
        assert re.fullmatch(r"[0-9a-f-]{73}\.answers", path.name)
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"example" not in path.read_bytes(), "whose answers these are is nobody's business"
    assert recovery.free_orphans() == 4
    assert states().count("needs_person") == 4
    copies = {path: path.read_bytes() for path in kept}
    assert in_own_session(unrecorded.record_files) == len(kept)
    assert states().count("sent") == 4
    assert unrecorded.record_files() == 0
    events = Event.objects.filter(kind="delivery", outcome="success").count()
    broken = files / f"{scheduler.uuid4()}-{scheduler.uuid4()}.answers"
    broken.write_bytes(encryption.seal('{"job": 0}'))
    for path, content in copies.items():  # as after a crash between the commit and the end of the file
        path.write_bytes(content)
    assert unrecorded.record_files() == len(kept) + 1
    assert [path.name for path in files.iterdir()] == [broken.with_suffix(".refused").name], "it is in nobody's way"
    assert (states().count("sent"), events) == (4, 4)
    assert all(one.attempts == 1 for one in deliveries() if one.state == "sent")


def test_what_was_not_tried_goes_back_untried(campaign, plays, valid, monkeypatch, files):
    """The database was away after the claim: the receiver was not called, so no person is asked."""
    monkeypatch.setattr(sender, "MOST_UNANSWERED", 0)  # no call begins
    plays(campaign, sent)
    valid(campaign)
    start = sender.IntegrationTurn._start_calls

    def away(self, claimed):
        start(self, claimed)
        with connected() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        in_own_session(lambda: until(recovery.free_orphans, "a sweep has taken the worker for dead"))

    monkeypatch.setattr(sender.IntegrationTurn, "_start_calls", away)
    worker()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempts, delivery.answer) == ("queued", 0, "")


def test_without_a_disk_answers_wait_in_memory(campaign, plays, valid, files, monkeypatch):
    files.parent.write_text("in the way")
    monkeypatch.setattr(unrecorded, "PAUSE_SECONDS", 0.05)
    with four_calls_in_flight(campaign, plays, valid) as receiver:
        with connected() as other:
            end_all_sessions(other)
        connection.close()
        receiver.may_answer.set()
    assert states().count("sent") == 4
    tasks.work()
    assert states() == ["sent"] * 6


@pytest.mark.parametrize("part", [never, later])
def test_an_error_in_the_turn_loses_no_answer(part, campaign, plays, valid, monkeypatch):
    """Claiming more raises an error; calls under way are waited for."""
    plays(campaign, part, concurrency=2)
    valid(campaign, 2)
    monkeypatch.setattr(sender.IntegrationTurn, "_claim_more", lambda self: 1 / 0)
    scheduler.serve_destinations(seconds=2)
    assert [one.answer for one in deliveries()] == [part(None).message] * 2
