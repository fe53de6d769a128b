"""Concurrent calls: threads take questions from a queue, while the caller works on the answers that have arrived."""

from collections.abc import Callable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, Generic, NoReturn, TypeVar

from django.db import connection
from django.utils import timezone

QuestionT = TypeVar("QuestionT")
AnswerT = TypeVar("AnswerT")
CallStart = tuple[datetime, float]
"""The start of a call, as a date and as a `perf_counter` value."""


@dataclass(frozen=True, slots=True)
class FinishedCall(Generic[QuestionT, AnswerT]):
    question: QuestionT
    answer: AnswerT
    began: CallStart


class CallPool(Generic[QuestionT, AnswerT]):
    """A pool of threads that call `ask`.

    At most `width` threads call `ask` at once; it may not use the database and may not raise. No call begins while
    `is_over` returns True, nor after `silences` silent answers in a row: a server that is down would take the full
    timeout for every question.
    """

    def __init__(
        self,
        ask: Callable[[QuestionT], AnswerT],
        *,
        width: int,
        name: str,
        is_silent: Callable[[AnswerT], bool],
        silences: int,
        is_over: Callable[[], bool],
    ) -> None:
        self._ask, self._width, self._name, self._is_silent, self._is_over = ask, max(1, width), name, is_silent, is_over
        self._queue: SimpleQueue[tuple[int, QuestionT] | None] = SimpleQueue()
        self._finished: SimpleQueue[tuple[int, FinishedCall[QuestionT, AnswerT]] | None] = SimpleQueue()
        self._running: dict[int, tuple[QuestionT, CallStart]] = {}
        self._numbers = count()
        self._streak = _Streak(limit=silences)
        self._at_work = 0
        self.under_way = 0
        """Questions in the queue and calls that have not ended."""

    @property
    def is_silent(self) -> bool:
        return self._streak.is_too_long

    @property
    def may_begin(self) -> bool:
        return not self._streak.is_too_long and not self._is_over()

    @property
    def has_threads(self) -> bool:
        return self._at_work > 0

    def put(self, questions: Iterable[QuestionT]) -> None:
        for question in questions:
            self._queue.put((next(self._numbers), question))
            self.under_way += 1
        while self._at_work < min(self._width, self.under_way):
            self._at_work += 1
            # Daemons: a call that never ends must not keep a worker from stopping. They log with the context of the task.
            Thread(target=copy_context().run, args=[self._work], name=self._name, daemon=True).start()

    def end_when_empty(self) -> None:
        """Let the threads end when the queue is empty."""
        for _ in range(self._at_work):
            self._queue.put(None)

    def close(self) -> list[QuestionT]:
        """Return the questions that no thread has taken, and none will. Threads end after their present call."""
        questions = []
        try:
            while True:
                if waiting := self._queue.get_nowait():
                    questions.append(waiting[1])
        except Empty:
            self.under_way -= len(questions)
            self.end_when_empty()
            return questions

    def wait_for_finished(self, *, seconds: float) -> list[FinishedCall[QuestionT, AnswerT]]:
        """Wait up to `seconds` for the first finished call, and return every one that has arrived by then; empty when none has."""
        taken = []
        try:
            taken.append(self._finished.get(timeout=seconds))
            while True:
                taken.append(self._finished.get_nowait())
        except Empty:
            return self._settle(taken)

    def abandon(self) -> list[tuple[QuestionT, CallStart]]:
        """Return the calls that are still running and stop waiting for them. Their answers are ignored."""
        running, self._running = self._running, {}
        self.under_way -= len(running)
        return list(running.values())

    def _settle(self, taken: Iterable[tuple[int, FinishedCall[QuestionT, AnswerT]] | None]) -> list[FinishedCall[QuestionT, AnswerT]]:
        calls = []
        for result in taken:
            if result is None:  # a thread has ended
                self._at_work -= 1
                continue
            number, call = result
            if self._running.pop(number, None):
                calls.append(call)
        self.under_way -= len(calls)
        return calls

    def _work(self) -> None:
        try:
            # The thread's own connection would stay open after the thread has ended.
            with connection.execute_wrapper(_refuse_database):
                while self.may_begin and (waiting := self._queue.get()):
                    number, question = waiting
                    began = (timezone.now(), perf_counter())
                    self._running[number] = (question, began)
                    answer = self._ask(question)
                    self._streak.count(silent=self._is_silent(answer))
                    self._finished.put((number, FinishedCall(question, answer, began)))
        finally:
            self._finished.put(None)


class _Streak:
    """The number of silent answers in a row."""

    def __init__(self, *, limit: int) -> None:
        self._limit, self._length, self._lock = limit, 0, Lock()

    def count(self, *, silent: bool) -> None:
        with self._lock:
            self._length = self._length + 1 if silent else 0

    @property
    def is_too_long(self) -> bool:
        return self._length >= self._limit


def _refuse_database(*_: Any) -> NoReturn:
    raise RuntimeError("What is called in a thread has all it needs beforehand: threads may not touch the database")
