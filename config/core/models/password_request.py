from django.db import models


class PasswordRequest(models.Model):
    """A request for a new password. The row is the queue of the e-mail: `due_at` is the time of the next attempt.

    It is written for addresses without an account too, so that the answer and its time reveal nothing.
    """

    email = models.EmailField()
    ip = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"request {self.pk} for a new password"
