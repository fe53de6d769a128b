"""Locks of jobs that compare leads: within their scope one worker at a time compares and writes."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from processr.plans.plan import CompiledPlan


class Lock(NamedTuple):
    """Two exclusive locks of one name are never held at once, nor a shared one beside an exclusive one."""

    name: str
    shared: bool = False


def scope_lock(plan: CompiledPlan, scope: str) -> Lock:
    owner = {"campaign": plan.campaign_id, "advertiser": plan.advertiser_id, "enterprise": 1}[scope]
    return Lock(f"leads compared within {scope} {owner}")


def take(locks: Iterable[Lock]) -> None:
    """Until the transaction ends. In one order, each in the stronger way that is asked for, and before any row lock (DESIGN 4)."""
    exclusive: dict[int, bool] = {}
    for lock in locks:
        key = _lock_key(lock.name)
        exclusive[key] = exclusive.get(key, False) or not lock.shared
    with connection.cursor() as cursor:
        for key in sorted(exclusive):
            cursor.execute(f"SELECT pg_advisory_xact_lock{'' if exclusive[key] else '_shared'}(%s)", [key])


def _lock_key(name: str) -> int:
    """64 bits of a hash: should two names ever share a key, they wait for each other needlessly, and nothing else happens."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
