"""Validate the constraints of holds, and index leads that are on hold for any reason."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0031_hold_over_delivery")]

    operations = [
        ValidateConstraint(model_name="lead", name="lead_hold_has_its_reason"),
        ValidateConstraint(model_name="lead", name="lead_held_over_delivery_is_not_billed"),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), models.Q(("hold_reason", ""), _negated=True)),
                fields=["campaign", "hold_reason", "id"],
                name="lead_on_hold",
            ),
        ),
        RemoveIndexConcurrently(model_name="lead", name="lead_held"),
    ]
