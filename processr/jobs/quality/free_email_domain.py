"""Free Email Domain Check: addresses of free providers, where a company's own address is required."""

from processr.job_types.registry import job_types
from processr.jobs.contact.email_domains import ListedDomain


@job_types.register
class FreeEmailDomain(ListedDomain):
    """The list is `data/free_email_domains.txt`; the settings add to it and take away."""

    key = "free_email_domain"
    api_id = 9028
    label = "Free Email Domain Check"
    description = "Fails when the e-mail address is of a free provider, such as gmail.com, and not of a company."
    list_name = "free_email_domains"
    fault = "belongs to a free e-mail provider: send a company's own address"

    def rule(self) -> str:
        return f"{self.each_field} has a company's e-mail address, not one of a free provider"
