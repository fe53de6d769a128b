"""The queue of the workers that build and send files."""

from config.core.background.notify import notify_workers

QUEUE, SEND, MARK = "batches", "batches.tasks.send", "batches.tasks.mark"


def notify_senders(batch_id: int) -> None:
    notify_workers(QUEUE, f"send {batch_id}", SEND, batch_id)


def notify_markers(batch_id: int) -> None:
    notify_workers(QUEUE, f"mark {batch_id}", MARK, batch_id)
