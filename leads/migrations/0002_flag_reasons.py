"""The initial reasons; admins add their own beside them."""

from django.db import migrations

REASONS = {
    "valid": ("Data verified", "Approved by client", "Manual QA passed"),
    "invalid": ("Returned", "Duplicate", "Incorrect data", "Unable to contact", "Does not meet criteria"),
    "test": ("Internal test", "Client test"),
}


def add(apps, _schema_editor):
    FlagReason = apps.get_model("leads", "FlagReason")
    FlagReason.objects.bulk_create(
        FlagReason(flag=flag, name=name, position=place, is_other=name == "Other", has_categories=name == "Returned")
        for flag, names in REASONS.items()
        for place, name in enumerate((*names, "Other"))
    )


def remove(apps, _schema_editor):
    """Delete the initial reasons without categories: a deletion of the others would delete their categories too."""
    apps.get_model("leads", "FlagReason").objects.filter(name__in={*sum(REASONS.values(), ()), "Other"}, categories=None).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_first_tables")]
    operations = [migrations.RunPython(add, remove)]
