"""Disposable Email Domain Check: addresses of services for throw-away addresses."""

from processr.job_types.registry import job_types
from processr.jobs.contact.email_domains import ListedDomain


@job_types.register
class DisposableEmailDomain(ListedDomain):
    """The list is `data/disposable_email_domains.txt`; the settings add to it and take away."""

    key = "disposable_email_domain"
    api_id = 9029
    label = "Disposable Email Domain Check"
    description = "Fails when the e-mail address is of a service for addresses that are thrown away, such as mailinator.com."
    list_name = "disposable_email_domains"
    fault = "belongs to a throw-away service: send one that is read"

    def rule(self) -> str:
        return f"{self.each_field} has no e-mail address made to be thrown away"
