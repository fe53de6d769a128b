"""Deliveries: the number of a lead's deliveries in each state."""

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, Func, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from campaigns.scope import Who
from integrations.holds import last_rounds
from integrations.models import Delivery
from integrations.selectors import SEES_DELIVERIES, deliveries_for
from leads.extension_points import LeadColumn, lead_columns


class DeliveriesColumn(LeadColumn):
    """The number in each state, as in “Needs a person: 1, Sent: 2”: of each integration, the last round."""

    def expression(self, who: Who) -> Combinable:
        counted = last_rounds(deliveries_for(who)).order_by("state").values("state").annotate(n=Count("pk"))
        label = Case(*(When(state=state, then=Value(f"{label}: ")) for state, label in Delivery.State.choices), output_field=TextField())
        texts_by_state = ArraySubquery(counted.annotate(text=Concat(label, Cast("n", TextField()))).values("text"))
        texts = Cast(texts_by_state, ArrayField(TextField()))  # null for a user without any deliveries
        return Coalesce(Func(texts, Value(", "), function="array_to_string"), Value(""), output_field=TextField())


lead_columns.register(DeliveriesColumn("deliveries", "Deliveries", roles=SEES_DELIVERIES))
