"""FTP and FTPS servers by pyftpdlib. Those with TLS have certificates of authorities that this process makes.

- `plain`, `tls`: as usual. `tls` demands encrypted data of the session that the login had. `stranger` has a certificate of nobody known.
- Users: see `Control` and `Data`.
"""

import json
import logging
import os
import sys
import threading
from pathlib import Path

from OpenSSL import SSL
from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.log import config_logging
from pyftpdlib.servers import FTPServer

from tests.batches.servers import LARGE, password_of
from tests.core.outbound.secure import certificate

FULL, CUT_AT = LARGE // 2, LARGE * 9 // 10
NAME = "files.example"


class Users(DummyAuthorizer):
    """Everybody who has the password has a folder."""

    def validate_authentication(self, username, password, handler) -> None:
        if password != password_of(username):
            raise AuthenticationFailed(f"Login incorrect for {password}")
        (FOLDER / username / "in").mkdir(parents=True, exist_ok=True)

    def get_home_dir(self, username):
        return str(FOLDER / username)

    def has_perm(self, username, perm, path=None) -> bool:
        return not (username == "reader" and perm == "w")

    def has_user(self, username) -> bool:
        return True

    def get_perms(self, username) -> str:
        return "elradfmw"

    def get_msg_login(self, username) -> str:
        return "Welcome."

    def get_msg_quit(self, username) -> str:
        return "Goodbye."

    def impersonate_user(self, username, password) -> None:
        """Stay who we are."""

    def terminate_impersonation(self, username) -> None:
        """Stay who we are."""


class Storage(AbstractedFS):
    def open(self, filename, mode):
        if self.cmd_channel.username == "whole" and filename.endswith(".part"):
            raise PermissionError(1, "Names end with csv")
        return super().open(filename, mode)

    def rename(self, src, dst):
        user = self.cmd_channel.username
        if user == "dropper" or (user == "old" and os.path.exists(dst)):
            raise FileExistsError(17, "File exists")
        super().rename(src, dst)


class DataMixin:
    def recv(self, buffer_size):
        user, taken = self.cmd_channel.username, self.get_transmitted_bytes()
        if user == "hangs":
            self.ioloop.unregister(self._fileno)
        elif user == "full" and taken > FULL:
            self._resp = ("452 Insufficient storage space.", logging.debug)
            self.close()
        elif user == "cut" and taken > CUT_AT:
            self._resp = ()
            self.cmd_channel.close()
        else:
            return super().recv(buffer_size)
        raise _RetryError


class Data(DataMixin, DTPHandler):
    pass


class SecureData(DataMixin, TLS_DTPHandler):
    """Refuses data whose session is not the one of the login."""

    def handle_ssl_established(self):
        super().handle_ssl_established()
        if not SSL._lib.SSL_session_reused(self.socket._ssl):
            self.cmd_channel.respond("522 SSL connection failed: session reuse required")
            self._resp = ()
            self.close()


class ControlMixin:
    authorizer = Users()
    abstracted_fs = Storage
    banner = "Files of Acme, " + 4 * "for partners, " + "\nbe kind"
    use_sendfile = False
    auth_failed_timeout = 0

    def ftp_STOR(self, file, mode="w"):
        if self.username == "busy":
            return self.respond("450 The file is busy, come again.")
        return super().ftp_STOR(file, mode)

    def ftp_SIZE(self, path):
        if self.username == "blind":
            return self.respond("500 No such command.")
        return super().ftp_SIZE(path)

    def on_login(self, username):
        if username == "flood":
            self.push("230-" + "more\r\n" * 20_000)


class Control(ControlMixin, FTPHandler):
    dtp_handler = Data


class SecureControl(ControlMixin, TLS_FTPHandler):
    dtp_handler = SecureData
    tls_control_required = tls_data_required = True


def context_of(name: str) -> tuple[SSL.Context, str]:
    folder = FOLDER / f".{name}"
    folder.mkdir()
    cert, key = certificate(folder, NAME)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(cert)
    context.use_privatekey_file(key)
    context.set_session_id(b"files")
    return context, cert


def main() -> None:
    config_logging(level=logging.CRITICAL)
    ioloop, says = IOLoop(), {}
    kinds = {"plain": Control}
    for name in ("tls", "stranger"):
        context, cert = context_of(name)
        kinds[name] = type(name, (SecureControl,), {"ssl_context": context})
        says |= {f"{name}_certificate": cert}
    for name, handler in kinds.items():
        says[name] = FTPServer(("127.0.0.1", 0), handler, ioloop=ioloop).address[1]
    print(json.dumps(says), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    ioloop.loop()


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    main()
