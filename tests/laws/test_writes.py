"""The recorder of writes sees whatever changes rows, in any spelling."""

import pytest
from django.db import connection

from tests.laws.writes import WRITES, recorded_writes

CHANGING = [
    "INSERT INTO leads_lead (id) VALUES (1)",
    "insert into leads_lead values (1)",
    'Update "leads_lead" SET revision = 1',
    "\n\t update only leads_lead set revision = 1",
    "DELETE\nFROM leads_lead",
    "delete from only leads_lead",
    "/* a page */ DELETE FROM leads_lead",
    "-- a page\nUPDATE leads_lead SET revision = 1",
    "MERGE INTO leads_lead USING others ON true WHEN MATCHED THEN DELETE",
    "truncate leads_lead",
    "TRUNCATE TABLE leads_lead CASCADE",
    'COPY "leads_lead" ("id", "email") FROM STDIN',
    "copy leads_lead from stdin",
    "WITH gone AS (DELETE FROM leads_lead RETURNING id) SELECT * FROM gone",
    "with old as (select 1) update leads_lead set revision = 1",
    "WITH due AS (SELECT id FROM leads_lead FOR UPDATE SKIP LOCKED) UPDATE leads_lead SET revision = 1",
    "EXPLAIN ANALYZE UPDATE leads_lead SET revision = 1",
    "INSERT INTO django_admin_log VALUES (1)",
]
READING = [
    "SELECT * FROM leads_lead FOR UPDATE",
    "SELECT 'UPDATE leads_lead SET'",
    "WITH due AS (SELECT id FROM leads_lead FOR UPDATE SKIP LOCKED) SELECT * FROM due",
    "WITH due AS (SELECT id FROM leads_lead FOR NO KEY UPDATE SKIP LOCKED) SELECT * FROM due",
    "COPY (SELECT id FROM leads_lead) TO STDOUT",
    "COPY leads_lead TO STDOUT",
    "SAVEPOINT update_of_a_lead",
    'UPDATE "core_usersession" SET session_data = 1',
    "update core_usersession set session_data = 1",
]


@pytest.mark.parametrize("sql", CHANGING)
def test_a_statement_that_changes_rows_is_recognised(sql):
    assert WRITES.match(sql)


@pytest.mark.parametrize("sql", READING)
def test_a_statement_that_reads_and_one_of_the_sessions_are_not(sql):
    assert not WRITES.match(sql)


@pytest.mark.django_db
def test_what_no_statement_says_is_counted_by_the_server():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.note() RETURNS void LANGUAGE sql AS"
            " $$ INSERT INTO core_currency (code, name, symbol, rate_to_base) VALUES ('XTS', 'Test', 'T', 1) $$"
        )
        with recorded_writes() as nothing:
            cursor.execute("SELECT 1")
        with recorded_writes() as called:
            cursor.execute("SELECT pg_temp.note()")
        with recorded_writes() as copied, cursor.copy("COPY core_currency (code, name, symbol, rate_to_base) FROM STDIN") as copy:
            copy.write_row(("XXX", "None", "X", 1))
    assert (nothing, called, copied) == ([], ["rows of core_currency"], ["rows of core_currency"])
