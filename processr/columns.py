"""The columns of leads that the processr adds: the jobs that a lead has failed, and the fields that jobs and transforms fill in."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from campaigns.scope import Who
from config.core.database.arrays import IsAmong
from leads.extension_points import LeadColumn, MadeFields, lead_columns, made_fields
from processr.models import Job
from processr.selectors import enriched_names, transformed_names


class FailedJobsColumn(LeadColumn):
    """The labels of the jobs that the lead failed in its last run, also of jobs that were removed since, in the order of the jobs."""

    def expression(self, who: Who) -> Combinable:  # noqa: ARG002  (labels of failed jobs are for all who see the lead)
        failed = Job.objects.filter(IsAmong(F("pk"), OuterRef("failed_jobs"))).order_by("pk")
        labels = Func(ArraySubquery(failed.values("label")), Value(", "), function="array_to_string")
        return Coalesce(labels, Value(""), output_field=TextField())


lead_columns.register(
    FailedJobsColumn(
        "failed_jobs",
        "Failed Jobs",
        filter_name="failed_job",
    )
)
made_fields.register(MadeFields("transformed", transformed_names))
made_fields.register(MadeFields("enriched", enriched_names))
