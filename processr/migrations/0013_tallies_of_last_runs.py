"""Let the tallies of jobs count leads: take earlier runs, and runs over deleted leads, out of them.

It is one statement that reads and inserts one row for each job, so that it is done either wholly or not at all. It locks no
rows. Backwards nothing is done: the next runs count as the code then counts them.
"""

from django.db import migrations

_TAKE_OUT = """
INSERT INTO processr_jobdelta (job_id, passed, failed, errored, skipped, is_correction)
SELECT (step ->> 'job')::bigint, -count(*) FILTER (WHERE step ->> 'outcome' = 'passed'), -count(*) FILTER (WHERE step ->> 'outcome' = 'failed'),
    -count(*) FILTER (WHERE step ->> 'outcome' = 'error'), -count(*) FILTER (WHERE step ->> 'outcome' = 'skipped'), true
FROM processr_event AS e JOIN leads_lead AS l ON l.id = e.lead_id CROSS JOIN LATERAL jsonb_array_elements(e.steps) AS step
WHERE e.kind = 'flow' AND (l.deleted_at IS NOT NULL OR e.run_number < l.processing_counter) AND step ->> 'job' IS NOT NULL
GROUP BY 1 ORDER BY 1
"""


class Migration(migrations.Migration):
    dependencies = [("processr", "0012_failing_jobs"), ("leads", "0009_normal_forms_of_values")]

    operations = [migrations.RunSQL(_TAKE_OUT, migrations.RunSQL.noop)]
