"""Store the files of value imports relative to the folder of files, which two machines may have in different places.

Rows are walked in batches by id, each in a transaction of its own. Imports that wait or run are left to end as they are: programs of the
last version may work on them, and those of this version find their files by either name. Backwards the names become paths on the machine
that migrates.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, migrations, transaction

BATCH = 10_000
FOLDER = "value-imports"

_NEXT = "SELECT max(id) FROM (SELECT id FROM processr_valueimport WHERE id > %s ORDER BY id LIMIT %s) AS batch"
_RENAME = """
UPDATE processr_valueimport SET file = %s || regexp_replace(file, '^.*/', '')
WHERE id > %s AND id <= %s AND file LIKE %s AND state NOT IN ('queued', 'running')
"""


def make_relative(*_: Any) -> None:
    _rename(f"{FOLDER}/", of=f"/%/{FOLDER}/%")


def make_absolute(*_: Any) -> None:
    _rename(f"{Path(settings.STATE_DIR) / 'files' / FOLDER}/", of=f"{FOLDER}/%")


def _rename(folder: str, *, of: str) -> None:
    last = 0
    while last is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_NEXT, [last, BATCH])
            (end,) = cursor.fetchone()
            if end is not None:
                cursor.execute(_RENAME, [folder, last, end, of])
        last = end


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("processr", "0010_trials")]
    operations = [migrations.RunPython(make_relative, make_absolute)]
