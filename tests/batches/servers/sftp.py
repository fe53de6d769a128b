"""An SFTP server by asyncssh, on several ports: each has other host keys.

- `any`: keys of three types; `ed25519`, `ed25519_again` and `rsa`: one key each; `dead`: it accepts connections and stays silent.
- Users: see `Files`. `keyed` logs in by the client's key alone.
"""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import asyncssh
from asyncssh import SFTPFailure, SFTPOpUnsupported, SFTPPermissionDenied

from tests.batches.servers import LARGE, password_of

FULL = LARGE // 2
CUT_AT = LARGE * 9 // 10


class Files(asyncssh.SFTPServer):
    """The files of one user, who names the behaviour."""

    def __init__(self, chan) -> None:
        self.user = chan.get_extra_info("username")
        home = FOLDER / self.user
        (home / "in").mkdir(parents=True, exist_ok=True)
        super().__init__(chan, chroot=str(home).encode())

    def open(self, path, pflags, attrs):
        if self.user == "reader" and pflags & asyncssh.FXF_WRITE:
            raise SFTPPermissionDenied("Permission denied")
        if self.user == "whole" and path.endswith(b".part"):
            raise SFTPPermissionDenied("Names end with csv")
        return super().open(path, pflags, attrs)

    async def write(self, file_obj, offset, data):
        if self.user == "full" and offset + len(data) > FULL:
            raise SFTPFailure("No space left on device")
        if self.user == "fails" and offset + len(data) > FULL:
            raise SFTPFailure("Failure")
        if self.user == "cut" and offset + len(data) > CUT_AT:
            self.connection.abort()
            return 0
        if self.user == "hangs":
            await asyncio.Event().wait()
        if self.user == "loses" and offset > FULL:  # It says that it has stored what it drops.
            return len(data)
        return super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        if self.user in ("old", "dropper"):
            raise SFTPOpUnsupported("Operation not supported")
        super().posix_rename(oldpath, newpath)
        if self.user == "eager":
            Path(self.map_path(newpath).decode()).rename(FOLDER / "eager" / "taken.csv")

    def rename(self, oldpath, newpath):
        if self.user == "dropper":
            raise SFTPPermissionDenied("Permission denied")
        return super().rename(oldpath, newpath)

    def stat(self, path):
        if self.user == "blind":
            raise SFTPPermissionDenied("Permission denied")
        if self.user == "vague":
            raise SFTPFailure("Failure")
        return super().stat(path)

    def close(self, file_obj):
        super().close(file_obj)
        if self.user == "grabber" and file_obj.name.endswith(b".part"):
            Path(file_obj.name.decode()).unlink()


class Server(asyncssh.SSHServer):
    def connection_made(self, conn) -> None:
        self.conn = conn

    def begin_auth(self, username) -> bool:
        self.user = username
        self.conn.set_authorized_keys(CLIENT_KEYS if username == "keyed" else asyncssh.import_authorized_keys(""))
        if username == "leaves":
            self.conn.abort()
        return True

    def password_auth_supported(self) -> bool:
        return self.user != "keyed"

    def validate_password(self, username, password) -> bool:
        return password == password_of(username)


async def stay_silent(reader, _writer) -> None:
    await reader.read()


async def main() -> None:
    ed25519, again, ecdsa, rsa = (
        asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
    )
    says = {"client_key": CLIENT.export_private_key().decode(), "keys": {}}
    for name, keys in {"any": [ed25519, ecdsa, rsa], "ed25519": [ed25519], "ed25519_again": [again], "rsa": [rsa]}.items():
        acceptor = await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=keys, sftp_factory=Files, login_timeout=60, rekey_bytes=1 << 30
        )
        says[name] = acceptor.get_port()
    for name, key in {"ed25519": ed25519, "ed25519_again": again, "ecdsa": ecdsa, "rsa": rsa}.items():
        says["keys"][name] = {"fingerprint": key.get_fingerprint(), "line": key.export_public_key().decode().strip()}
    dead = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    says["dead"] = dead.sockets[0].getsockname()[1]
    print(json.dumps(says), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    CLIENT = asyncssh.generate_private_key("ssh-ed25519")
    CLIENT_KEYS = asyncssh.import_authorized_keys(CLIENT.export_public_key().decode())
    asyncio.run(main())
