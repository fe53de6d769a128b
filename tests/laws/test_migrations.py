"""Migrations: named, reversible, data apart from schema, and safe on tables with ten million rows: their SQL is read here."""

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

OURS = {"core", "campaigns", "leads", "processr", "integrations", "batches"}
BIG = {"leads_lead", "leads_leadnote", "leads_priceentry", "processr_event", "integrations_delivery", "batches_sentlead"}
DATA = (operations.RunPython,)
UNNAMED = re.compile(r"_auto_|_alter_|_remove_.*_and_more|_initial$")
RULES = {
    "an index is built CONCURRENTLY": re.compile(r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"),
    "a constraint is added NOT VALID, then validated": re.compile(r"ADD CONSTRAINT (?!.*NOT VALID)"),
    "no column changes its type": re.compile(r"ALTER COLUMN \S+ TYPE"),
    "no column becomes NOT NULL in one go": re.compile(r"ALTER COLUMN \S+ SET NOT NULL"),
}


def migrations() -> Iterator[Migration]:
    loader = MigrationLoader(None)
    return (migration for (app, _), migration in sorted(loader.disk_migrations.items()) if app in OURS)


def breaches(statements: list[str]) -> list[str]:
    """Statements against a big table, each with the rule it breaks."""
    against = [s for s in statements if any(f'"{table}"' in s for table in BIG)]
    return [f"{rule}: {statement}" for statement in against for rule, pattern in RULES.items() if pattern.search(statement)]


@pytest.mark.django_db(transaction=True)  # an index that is built CONCURRENTLY refuses to be so much as written down inside a transaction
def test_no_migration_locks_or_rewrites_a_big_table():
    """Migrations that create the tables are left out: the tables are empty then."""
    loader, wrong = MigrationLoader(connection), []
    for migration in migrations():
        if "first_" not in migration.name:
            wrong += breaches(loader.collect_sql([(migration, False)]))
    assert wrong == []


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "x" ON "leads_lead" ("score");',
        'ALTER TABLE "leads_lead" ADD CONSTRAINT "x" CHECK (score > 0);',
        'ALTER TABLE "processr_event" ALTER COLUMN "reason" TYPE varchar(10);',
    ],
)
def test_the_reader_of_sql_sees_what_it_is_there_for(statement):
    assert len(breaches([statement])) == 1


def test_safe_statements_pass():
    safe = [
        'CREATE INDEX CONCURRENTLY "x" ON "leads_lead" ("score");',
        'ALTER TABLE "leads_lead" ADD CONSTRAINT "x" CHECK (score > 0) NOT VALID;',
        'CREATE INDEX "x" ON "campaigns_campaign" ("name");',
    ]
    assert breaches(safe) == []


def test_every_migration_is_named_for_what_it_does():
    assert [m.name for m in migrations() if UNNAMED.search(m.name)] == []


def test_every_migration_can_be_taken_back():
    assert [f"{m.app_label}.{m.name}" for m in migrations() for op in m.operations if not op.reversible] == []


def test_data_and_schema_never_share_a_file():
    mixed = [m for m in migrations() if {isinstance(op, DATA) for op in m.operations} == {True, False}]
    assert [f"{m.app_label}.{m.name}" for m in mixed] == []


@pytest.mark.sql
@pytest.mark.timeout(400)
def test_all_migrations_go_back_to_nothing_and_forth_to_the_same_schema(database_of_its_own):
    before = schema()
    MigrationExecutor(connection).migrate([(app, None) for app in sorted(OURS)])  # at once: each command would read through all of them
    left = schema()
    assert [line for line in left if line[0].startswith(tuple(OURS))] == []
    call_command("migrate", verbosity=0)
    assert schema() == before


def schema() -> list[tuple[str, ...]]:
    """Return the columns, constraints, indexes and triggers of each table, and the functions."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
              FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
              FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '' FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT proname, '', pg_get_functiondef(oid), '', '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            ORDER BY 1, 2, 3
        """)
        return cursor.fetchall()
