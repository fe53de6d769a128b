"""URLs of the pages of batches."""

from django.urls import path

from batches.views import pending, sent

PENDING = "v2/system/campaign-lead-batch/pending-batch"
SENT = "v2/system/campaign-lead-batch/sent-batches"

urlpatterns = [
    path(PENDING, pending.PendingBatchesList.as_view(), name="pending_batches"),
    path(f"{PENDING}/<int:job_id>", pending.PendingBatchList.as_view(), name="pending_batch"),
    path(f"{PENDING}/<int:job_id>/batch-now", pending.batch_now, name="batch_now"),
    path(f"{PENDING}/<int:job_id>/remove", pending.remove_leads, name="pending_batch_remove"),
    path(SENT, sent.SentBatchesList.as_view(), name="sent_batches"),
    path(f"{SENT}/<int:pk>", sent.SentBatchPage.as_view(), name="sent_batch"),
    path(f"{SENT}/<int:pk>/progress", sent.sent_batch_progress, name="sent_batch_progress"),
    path(f"{SENT}/<int:pk>/download", sent.sent_batch_download, name="sent_batch_download"),
    path(f"{SENT}/<int:pk>/resend", sent.sent_batch_resend, name="sent_batch_resend"),
    path(f"{SENT}/<int:pk>/retry", sent.sent_batch_retry, name="sent_batch_retry"),
    path(f"{SENT}/<int:pk>/give-up", sent.sent_batch_give_up, name="sent_batch_give_up"),
]
