"""Triggers for insert-only tables: no UPDATE, no DELETE and no TRUNCATE, for anyone."""

_FUNCTION = """
CREATE FUNCTION core_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def _create_triggers(table: str) -> str:
    return (
        f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION core_insert_only();"
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION core_insert_only();"
    )


def _drop_triggers(table: str) -> str:
    return f"DROP TRIGGER insert_only ON {table}; DROP TRIGGER no_truncate ON {table};"


TABLES = ("core_auditentry", "core_auditseal")
AUDIT_GUARD = _FUNCTION + "".join(_create_triggers(table) for table in TABLES)
AUDIT_GUARD_REVERSE = "".join(_drop_triggers(table) for table in TABLES) + "DROP FUNCTION core_insert_only();"
