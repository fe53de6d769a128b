"""Troubles of campaigns: deliveries that need a person, and integrations whose last delivery failed."""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.urls import reverse
from django.utils.http import urlencode

from campaigns.extension_points import Trouble, trouble_sources
from campaigns.scope import Who
from integrations.selectors import JOBS_IN_NEED, SEES_DELIVERIES, integrations_in_need
from processr.troubles import FAILING


@trouble_sources.register
class DeliveryTroubles:
    key = "integrations"

    @staticmethod
    def campaign_ids(who: Who) -> set[int]:
        if who.role not in SEES_DELIVERIES:
            return set()
        in_need = f"{JOBS_IN_NEED} SELECT job.campaign_id FROM found JOIN processr_job AS job ON job.id = found.job_id"
        with connection.cursor() as cursor:
            cursor.execute(f"{in_need} UNION ({FAILING.format(columns='', condition=_IS_INTEGRATION)})")
            return {pk for (pk,) in cursor}

    @staticmethod
    def by_campaign(who: Who, campaign_ids: Collection[int]) -> Mapping[int, Sequence[Trouble]]:
        found: dict[int, list[Trouble]] = {}
        if who.role not in SEES_DELIVERIES:
            return found
        in_need = [line for line in integrations_in_need(who) if line.campaign_id in campaign_ids]
        for line in in_need:
            needs = "delivery needs a person" if line.n.n == 1 else "deliveries need a person"
            url = f"{reverse('needs_person')}?{urlencode({'integration': line.job_id})}"
            found.setdefault(line.campaign_id, []).append(Trouble(f"{line.label}: {line.n} {needs}", url))
        told = {line.job_id for line in in_need}
        condition = f"{_IS_INTEGRATION} AND job.campaign_id = ANY(%s) ORDER BY job.id"
        with connection.cursor() as cursor:
            cursor.execute(FAILING.format(columns=", job.id, job.label", condition=condition), [list(campaign_ids)])
            for campaign_id, job_id, label in cursor:
                if job_id not in told:
                    url = reverse("deliveries", args=[campaign_id, job_id])
                    found.setdefault(campaign_id, []).append(Trouble(f"{label}: the last delivery failed", url))
        return found


_IS_INTEGRATION = "job.category = 'integration'"
