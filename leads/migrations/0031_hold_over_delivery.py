"""Leads that are complete may be held over delivery; such a lead takes no slot and is billed to nobody."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0030_pictures_of_leads")]

    operations = [
        AddConstraintNotValid(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("processr_status", "held"),
                        models.Q(("hold_reason__in", ("", "over_delivery")), _negated=True),
                    ),
                    models.Q(
                        models.Q(("processr_status", "held"), _negated=True),
                        ("hold_reason__in", ("", "over_delivery")),
                    ),
                    _connector="OR",
                ),
                name="lead_hold_has_its_reason",
            ),
        ),
        AddConstraintNotValid(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hold_reason", "over_delivery"), _negated=True),
                    models.Q(
                        ("advertiser_billable", False),
                        ("campaign_slot", False),
                        ("contract_slot", False),
                        ("current_status", "valid"),
                        ("delivery_status", "not_delivered"),
                        ("publisher_billable", False),
                    ),
                    _connector="OR",
                ),
                name="lead_held_over_delivery_is_not_billed",
            ),
        ),
        migrations.RemoveConstraint(model_name="lead", name="lead_held_for_a_reason"),
    ]
