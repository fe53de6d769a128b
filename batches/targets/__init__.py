"""Where files are sent to: each target is a module here. `batch_targets` has them all once the package is imported."""

from batches.targets import email, ftp, ftps, local_folder, sftp
from batches.targets.base import BatchFile, BatchTarget, Login, Put, batch_targets

__all__ = ["BatchFile", "BatchTarget", "Login", "Put", "batch_targets", "email", "ftp", "ftps", "local_folder", "sftp"]
