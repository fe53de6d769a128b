"""The part that targets share whose files go to a server, into a folder, under a login."""

from typing import ClassVar

from typing_extensions import override

from batches.targets.base import BatchTarget
from config.core.http import Server, ServerOrigin


class ServerTarget(BatchTarget):
    """The base of targets with the settings host, port and path."""

    needs_login = True
    usual_port: ClassVar[int]

    @property
    def server(self) -> Server:
        return Server.parse(self.setting("host"), self.setting("port") or self.usual_port, usual_port=self.usual_port)

    @property
    @override
    def origin(self) -> ServerOrigin:
        return ServerOrigin(self.key, self.server.host, self.server.port)

    @property
    def folder(self) -> str:
        return str(self.setting("path"))

    @override
    def describe(self) -> str:
        folder = f" {self.folder}" if self.folder else ""
        return f"{self.server.name}{folder} as {self.login.username or 'nobody'}"
