"""A request sent twice is done once."""

import threading

import pytest
from django.db import connection

from config.panel import idempotency
from config.panel.errors import DomainError
from config.panel.idempotency import KeyReused, StillRunning, once
from config.panel.models import IdempotencyKey, Notification
from tests.cast import make_user


class Counter:
    """An answer that tells how often it was worked out."""

    def __init__(self, status: int = 201) -> None:
        self.status, self.calls = status, 0

    def __call__(self):
        self.calls += 1
        return self.status, {"data": self.calls}


@pytest.mark.django_db
def test_the_same_request_again_gets_the_first_answer():
    answer = Counter()
    assert once("campaign:1", "k", b"body", answer) == once("campaign:1", "k", b"body", answer) == (201, {"data": 1})
    assert answer.calls == 1


@pytest.mark.django_db
def test_the_key_of_somebody_else_is_another_key():
    answer = Counter()
    once("campaign:1", "k", b"body", answer)
    assert once("campaign:2", "k", b"other", answer) == (201, {"data": 2})


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused():
    once("campaign:1", "k", b"body", Counter())
    with pytest.raises(KeyReused) as refused:
        once("campaign:1", "k", b"other", Counter())
    assert refused.value.status == 409


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(DomainError, match="printable"):
        once("campaign:1", key, b"", Counter())


@pytest.mark.django_db
def test_an_answer_that_says_it_broke_is_not_kept():
    once("campaign:1", "k", b"", Counter(status=500))
    assert once("campaign:1", "k", b"", Counter()) == (201, {"data": 1})


@pytest.mark.django_db(transaction=True)
def test_a_request_that_raised_leaves_nothing_and_may_come_again():
    user = make_user("admin")

    def breaks():
        Notification.objects.create(user=user, text="half done")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once("campaign:1", "k", b"", breaks)
    assert (IdempotencyKey.objects.count(), Notification.objects.count()) == (0, 0)
    assert once("campaign:1", "k", b"", Counter()) == (201, {"data": 1})


def _twin(entered: threading.Event, leave: threading.Event, answers: list) -> threading.Thread:
    def slow():
        entered.set()
        assert leave.wait(20)
        return 201, {"data": "first"}

    def run():
        try:
            answers.append(once("campaign:1", "k", b"", slow))
        finally:
            connection.close()

    return threading.Thread(target=run)


@pytest.mark.django_db(transaction=True)
def test_a_twin_waits_for_the_first_and_says_the_same():
    entered, leave, answers = threading.Event(), threading.Event(), []
    first = _twin(entered, leave, answers)
    first.start()
    assert entered.wait(10)
    threading.Timer(0.3, leave.set).start()
    second = Counter()
    assert once("campaign:1", "k", b"", second) == (201, {"data": "first"})
    first.join(10)
    assert (answers, second.calls) == ([(201, {"data": "first"})], 0)


@pytest.mark.django_db(transaction=True)
def test_a_twin_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT", "200ms")
    entered, leave, answers = threading.Event(), threading.Event(), []
    first = _twin(entered, leave, answers)
    first.start()
    assert entered.wait(10)
    with pytest.raises(StillRunning):
        once("campaign:1", "k", b"", Counter())
    leave.set()
    first.join(10)
    assert answers == [(201, {"data": "first"})]
