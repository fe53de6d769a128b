"""FTPS: FTP with TLS, which begins before the login (explicit), for the login and the file alike."""

from batches.targets.base import batch_targets
from batches.targets.ftp import FtpTarget, fields_of


@batch_targets.register
class Ftps(FtpTarget):
    key = "ftps"
    label = "FTPS (explicit TLS)"
    is_secure = True
    fields = fields_of("ftps")
