"""Locks of jobs that compare leads: within a scope, one worker at a time compares and writes."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from config.core.background.locks import named_key
from processr.plans.plan import CompiledPlan


class Lock(NamedTuple):
    """A named lock. An exclusive lock excludes all others of its name; shared locks exclude only exclusive ones."""

    name: str
    shared: bool = False


def scope_lock(plan: CompiledPlan, scope: str) -> Lock:
    owner = {"campaign": plan.campaign_id, "advertiser": plan.advertiser_id, "enterprise": 1}[scope]
    return Lock(f"leads compared within {scope} {owner}")


def take(locks: Iterable[Lock]) -> None:
    """Take the locks until the transaction ends.

    They are taken in one order, each in the strongest mode requested, and before any row lock, so that
    transactions do not deadlock.
    """
    exclusive: dict[int, bool] = {}
    for lock in locks:
        key = named_key(lock.name)
        exclusive[key] = exclusive.get(key, False) or not lock.shared
    with connection.cursor() as cursor:
        for key in sorted(exclusive):
            cursor.execute(f"SELECT pg_advisory_xact_lock{'' if exclusive[key] else '_shared'}(%s)", [key])
