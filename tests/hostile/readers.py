"""Groups of API operations whose requests are read by the same code of the product. One operation of each group gets the full tables."""

import re
import sys
from types import FrameType
from typing import Self

from django.conf import settings
from django.urls import resolve

from tests.hostile import wire
from tests.hostile.description import Operation, operations
from tests.hostile.world import World

ROOT = f"{settings.BASE_DIR}/"
PACKAGES = tuple(f"{ROOT}{package}/" for package in ("config", "campaigns", "leads", "processr", "integrations"))
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json", "text/plain")
BROKEN = (b"{", b"[]", b"\xff=\xff", b"--b\r\n")
"""Malformed bodies, which every parser refuses, so that no code behind the parser runs."""


class Reading:
    """Collects the functions of the product that read the query or the body of requests, while it is entered.

    For a query these are the function that reads it and its caller; for a body also every function called after the first read.
    """

    def __init__(self) -> None:
        self.functions: set[str] = set()

    def __enter__(self) -> Self:
        wire.touched = self._touched
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        wire.touched = wire.ignore_reads

    def _touched(self, part: str) -> None:
        self.functions.add(" < ".join(_stack()[:2]))
        if part == "body":
            sys.setprofile(self._called)

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and _is_ours(frame):
            self.functions.add(_name(frame))


def _stack() -> list[str]:
    """Return the running functions of the product, the innermost first."""
    frame, names = sys._getframe(), []
    while frame := frame.f_back:  # type: ignore[assignment]
        if _is_ours(frame):
            names.append(_name(frame))
    return names


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGES)


def _name(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename.removeprefix(ROOT)}:{frame.f_code.co_qualname}"


def readers(operation: Operation, world: World) -> frozenset[str]:
    """Return the functions that read the operation's requests. A first request, not recorded, fills the caches of the product."""
    world.ask(operation)
    kinds = [kind for kind in KINDS if kind.partition(";")[0] in (*operation.bodies, "text/plain")]
    sent = [(kind, body) for kind in kinds for body in BROKEN] if operation.bodies else [("", b"")]
    with Reading() as reading:
        for kind, body in sent:
            world.ask(operation, body, {"Content-Type": kind}, query=world.needed(operation))
            sys.setprofile(None)
    return frozenset(reading.functions)


def first_of_each(keys: dict[Operation, object]) -> set[Operation]:
    first: dict[object, Operation] = {}
    for operation, key in keys.items():
        first.setdefault(key, operation)
    return set(first.values())


def with_readers_of_their_own(world: World) -> set[Operation]:
    """Return one operation for each set of reading functions, method, kinds of body and kind of credentials."""
    return first_of_each({operation: (*_described(operation), readers(operation, world)) for operation in operations()})


def _described(operation: Operation) -> tuple[object, ...]:
    return operation.method, tuple(operation.bodies), str(operation.security)


GROUP = re.compile(r"<\w+:\w+>|\(\?P<\w+>(?:[^()]|\([^()]*\))*\)")


def with_ids_of_their_own() -> set[Operation]:
    """Return one operation for each method, view and pattern of the ids in its path."""

    def key(operation: Operation) -> object:
        match = resolve(operation.target())
        ids = tuple(re.sub(r"P<\w+>|:\w+>", "", group) for group in GROUP.findall(match.route))
        return operation.method, ids, match.func.__module__, match.func.__qualname__

    return first_of_each({operation: key(operation) for operation in operations() if operation.parameters("path")})


def with_parameters_of_their_own() -> set[tuple[Operation, str]]:
    """Return the first of all query parameters with the same schema."""
    first: dict[str, tuple[Operation, str]] = {}
    for operation in operations():
        for parameter in operation.parameters("query"):
            first.setdefault(str(parameter["schema"]), (operation, parameter["name"]))
    return set(first.values())
