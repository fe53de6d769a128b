"""A request sent twice is done once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from config.core.api import idempotency
from config.core.api.idempotency import KeyReused, StillRunning, StoredResponse, answer_once
from config.core.errors import DomainError
from config.core.models import IdempotencyKey, Notification
from tests.cast import make_user
from tests.races import connected

SAME = ("campaign:1", "k", b"body")


class Counter:
    """An answer that tells how often it was worked out."""

    def __init__(self, status: int = 201) -> None:
        self.status, self.calls = status, 0

    def __call__(self) -> StoredResponse:
        self.calls += 1
        return self.status, {"data": self.calls}


class UnderWay(threading.Thread):
    """A first request, on a connection of its own, that has begun and not yet ended."""

    def __init__(self, ending: Callable[[], StoredResponse]) -> None:
        super().__init__(daemon=True)
        self.ending, self.entered, self.leave = ending, threading.Event(), threading.Event()
        self.answered: StoredResponse | Exception | None = None
        self.start()
        assert self.entered.wait(10)

    def run(self) -> None:
        try:
            self.answered = answer_once(*SAME, self._slowly)
        except ValueError as error:
            self.answered = error
        finally:
            connection.close()

    def _slowly(self) -> StoredResponse:
        self.entered.set()
        assert self.leave.wait(20)
        return self.ending()

    def end_once_somebody_waits_for_it(self) -> None:
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        with connected() as other:
            while not other.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted)").fetchone()[
                0
            ]:
                pass
        self.leave.set()


@pytest.mark.django_db
def test_the_same_request_again_gets_the_first_answer():
    answer = Counter()
    assert answer_once(*SAME, answer) == answer_once(*SAME, answer) == (201, {"data": 1})
    assert answer.calls == 1


@pytest.mark.django_db
def test_the_key_of_somebody_else_is_another_key():
    answer = Counter()
    answer_once("campaign:1", "k", b"body", answer)
    assert answer_once("campaign:2", "k", b"other", answer) == (201, {"data": 2})


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused():
    answer_once("campaign:1", "k", b"body", Counter())
    with pytest.raises(KeyReused) as refused:
        answer_once("campaign:1", "k", b"other", Counter())
    assert refused.value.status == 409


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak", "nul\x00"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(DomainError, match="printable"):
        answer_once("campaign:1", key, b"", Counter())


@pytest.mark.django_db
def test_a_refusal_is_an_answer_like_any_other():
    answer_once(*SAME, Counter(status=422))
    assert answer_once(*SAME, Counter()) == (422, {"data": 1})


@pytest.mark.django_db(transaction=True)
def test_of_a_request_that_answers_that_it_broke_nothing_is_kept():
    user = make_user("admin")

    def breaks() -> StoredResponse:
        Notification.objects.create(user=user, text="half done")
        return 500, {}

    assert answer_once(*SAME, breaks) == (500, {})
    assert (IdempotencyKey.objects.count(), Notification.objects.count()) == (0, 0)
    assert answer_once(*SAME, Counter()) == (201, {"data": 1})


@pytest.mark.django_db(transaction=True)
def test_of_a_request_that_raised_nothing_is_kept():
    user = make_user("admin")

    def breaks() -> StoredResponse:
        Notification.objects.create(user=user, text="half done")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        answer_once(*SAME, breaks)
    assert (IdempotencyKey.objects.count(), Notification.objects.count()) == (0, 0)
    assert answer_once(*SAME, Counter()) == (201, {"data": 1})


@pytest.mark.django_db(transaction=True)
def test_a_twin_waits_for_the_first_and_says_the_same():
    first, second = UnderWay(lambda: (201, {"data": "first"})), Counter()
    first.end_once_somebody_waits_for_it()
    assert answer_once(*SAME, second) == (201, {"data": "first"})
    first.join(10)
    assert (first.answered, second.calls) == ((201, {"data": "first"}), 0)


@pytest.mark.django_db(transaction=True)
def test_a_twin_of_another_body_is_refused_after_the_wait():
    first = UnderWay(lambda: (201, {}))
    first.end_once_somebody_waits_for_it()
    with pytest.raises(KeyReused):
        answer_once("campaign:1", "k", b"other", Counter())
    first.join(10)


@pytest.mark.django_db(transaction=True)
def test_where_the_first_is_rolled_back_the_twin_is_done_instead():
    def breaks() -> StoredResponse:
        raise ValueError("no")

    first, second = UnderWay(breaks), Counter()
    first.end_once_somebody_waits_for_it()
    assert answer_once(*SAME, second) == (201, {"data": 1})
    first.join(10)
    assert isinstance(first.answered, ValueError)


@pytest.mark.django_db(transaction=True)
def test_a_twin_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT", "200ms")
    first = UnderWay(lambda: (201, {"data": "first"}))
    with pytest.raises(StillRunning) as refused:
        answer_once(*SAME, Counter())
    assert refused.value.status == 409
    first.leave.set()
    first.join(10)
    assert first.answered == (201, {"data": "first"})


@pytest.mark.django_db(transaction=True)
def test_only_the_wait_for_the_twin_is_limited_not_what_the_answer_does():
    def limit() -> StoredResponse:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return 200, {"limit": cursor.fetchone()[0]}

    assert answer_once(*SAME, limit) == (200, {"limit": "0"})
