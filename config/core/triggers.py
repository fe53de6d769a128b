"""Triggers for insert-only tables: no UPDATE, no DELETE and no TRUNCATE, for anyone."""

_FUNCTION = """
CREATE FUNCTION core_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


TABLES = ("core_auditentry", "core_auditseal")
AUDIT_GUARD = _FUNCTION + "".join(
    f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION core_insert_only();"
    f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION core_insert_only();"
    for table in TABLES
)
AUDIT_GUARD_REVERSE = (
    "".join(f"DROP TRIGGER insert_only ON {table}; DROP TRIGGER no_truncate ON {table};" for table in TABLES)
    + "DROP FUNCTION core_insert_only();"
)
