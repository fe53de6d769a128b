from batches.models.batch import BatchAttempt, SentBatch, SentLead
from batches.models.schedule import BatchSchedule

__all__ = ["BatchAttempt", "BatchSchedule", "SentBatch", "SentLead"]
