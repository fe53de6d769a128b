"""Bodies that name a great many leads leave nothing behind once they are answered."""

import gc
import json
import secrets
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.django_db
N = 50_000
DRY = {"dryRun": True}


def held() -> list[int]:
    """Return the lengths of what this process holds of a body: the list that was parsed, and the bytes."""
    lists = [len(one) for one in gc.get_objects() if type(one) is list and len(one) >= N]
    bodies = [one.__dict__.get("_body") for one in gc.get_objects() if type(one).__name__ == "WSGIRequest"]
    return lists + [len(body) for body in bodies if body and len(body) >= N]


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Keep Python's collector off: what is found then is held by a cycle, and would stay for as long as the process is idle."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize(
    ("address", "further"),
    [("leads-bulk-metadata", {"type": "replacement"}), ("leads-bulk-metadata", {"type": None, **DRY}), ("is-lead-delivered", {})],
)
@pytest.mark.parametrize("last", ["f" * 32, "x"])
def test_nothing_of_a_large_body_stays_after_the_answer(address, further, last, program):
    before = held()
    body = json.dumps({"leads": [*(secrets.token_hex(16) for _ in range(N)), last], **further}).encode()
    answer = program.ask("POST", address, body, Idempotency_Key="k")
    assert answer.status_code == (400 if last == "x" else 200), answer.content
    del answer
    assert held() == before
