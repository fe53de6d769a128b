"""Set who made each list, as the audit trail has it. There are few lists, and each is found by an index."""

from typing import Any

from django.db import migrations

CREATED = "validation list created"


def set_makers(apps: Any, _: Any) -> None:
    entries = apps.get_model("core", "AuditEntry").objects.filter(action=CREATED, actor__isnull=False)
    users = apps.get_model("core", "User").objects
    for row in apps.get_model("processr", "ValidationList").objects.filter(made_by=None).iterator(chunk_size=1_000):
        entry = entries.filter(object_type="processr.validationlist", object_id=str(row.pk)).order_by("-pk").first()
        if entry is not None and users.filter(pk=entry.actor_id).exists():
            row.made_by_id = entry.actor_id
            row.save(update_fields=["made_by"])


class Migration(migrations.Migration):
    dependencies = [
        ("processr", "0008_maker_of_lists"),
        ("core", "0003_notifications"),
    ]

    operations = [migrations.RunPython(set_makers, migrations.RunPython.noop)]
