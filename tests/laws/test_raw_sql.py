"""`tests/laws/raw_sql.py` finds raw SQL however it is written, and names the statements that no marked test reaches."""

import ast

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from config.core import audit
from config.core.actor import SYSTEM
from config.core.admin.audit import _JsonLength
from config.core.background.clock import database_now
from config.core.models import AuditEntry, AuditSeal
from tests.laws import raw_sql
from tests.sources import nodes_of

CLOCK = "config/core/background/clock.py"


def found(source: str) -> tuple[list[int], list[str]]:
    module = ast.parse(source)
    texts = [*raw_sql.literals_in("it.py", module), *raw_sql.expressions_in("it.py", module), *raw_sql.functions_in("it.py", module)]
    return sorted(first for _, first, _ in raw_sql.calls_in("it.py", module)), [text.replace(raw_sql.HOLE, "…") for _, _, text in texts]


@pytest.fixture
def recorder(monkeypatch) -> raw_sql.Recorder:
    recorder = raw_sql.Recorder()
    recorder.listen(monkeypatch)
    return recorder


@pytest.mark.parametrize(
    ("source", "lines", "texts"),
    [
        ('cursor.execute("SELECT 1")', [1], ["SELECT 1"]),
        ('connection.cursor().execute("SELECT 1")', [1], ["SELECT 1"]),
        ("cursor.execute(\n  text,\n  [1],\n)", [1], []),
        ("with connection.cursor() as cursor, cursor.copy(_COPY) as copy:\n    copy.write(x)", [1], []),
        ("Lead.objects.raw(_CLAIM, [1])", [1], []),
        ('_NEXT = """\n    WITH a AS (SELECT 1)\n"""', [], ["WITH a AS (SELECT 1)"]),
        ('sql = f"AND id = {pk} OR {other} IS NULL"', [], ["AND id = … OR … IS NULL"]),
        ('sql = "UPDATE leads_lead SET {column} = 1".format(column=name)', [], ["UPDATE leads_lead SET … = 1"]),
        ('class Length(models.Func):\n    function = "jsonb_array_length"', [], ["Func Length"]),
        ('rows.annotate(n=Func(F("steps"), function="jsonb_array_length"))', [], ["Func jsonb_array_length"]),
        ('_GUARD = "CREATE FUNCTION refuse() RETURNS trigger AS $$ … $$"', [], ["FUNCTION refuse"]),
        ('"""SELECT in a docstring."""\nraise Refused("Select a lead")', [], []),
    ],
)
def test_calls_literals_expressions_and_functions_are_found(source, lines, texts):
    assert found(source) == (lines, texts)


def test_an_unreached_site_is_named_and_a_reached_one_is_not():
    everything = set(raw_sql.everything())
    assert raw_sql.unreached(everything) == []
    literal = min(raw_sql.literals())
    assert raw_sql.unreached(everything - {literal})[0].startswith(f"{literal[0]}:{literal[1]}: ")
    call = min(raw_sql.calls())
    assert raw_sql.unreached(everything - {call}) == [f"{call[0]}:{call[1]}: the call"]


@pytest.mark.django_db
def test_what_the_product_executes_is_recorded_while_the_recorder_listens(recorder):
    database_now()
    assert recorder.reached == set()
    recorder.listening = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")  # not from the product's source
    assert recorder.reached == set()
    database_now()
    assert {site[0] for site in recorder.reached} == {CLOCK}
    assert len(recorder.reached) == 2


@pytest.mark.django_db
def test_a_func_is_recorded_when_it_is_compiled_and_a_function_when_it_raises(recorder):
    entry = audit.record(actor=SYSTEM, page="Campaigns", action="campaign paused")
    recorder.listening = True
    list(AuditSeal.objects.annotate(n=_JsonLength(F("entries"))))
    assert {text for _, _, text in recorder.reached} == {"Func _JsonLength"}
    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).delete()
    assert {text for _, _, text in recorder.reached} == {"Func _JsonLength", "FUNCTION core_insert_only"}


def test_nothing_raw_is_put_into_a_query_of_django_but_func():
    """It would execute far from its source: it goes to a cursor, or is a `Func`."""
    loose = [
        f"{name}:{node.lineno}"
        for name, module in raw_sql.sources()
        for node in nodes_of(module)
        if (isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in {"RawSQL", "extra"})
        or (isinstance(node, ast.FunctionDef) and node.name in {"as_sql", "as_postgresql"})
    ]
    assert loose == []
