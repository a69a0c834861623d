"""A proxy before a PostgreSQL server that can cut the wire at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

Cut = Literal["never", "before", "after"]


class Proxy:
    """Passes bytes on until it is armed: then the next append is cut off.

    ``before``: the request never reaches the server; ``after``: the server does the work, but its
    answer is thrown away. ``dead`` lets nobody connect.
    """

    def __init__(self, target: str) -> None:
        """Listen on a free port and lead to the server of the URL *target*."""
        self._target = make_url(target)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.cut: Cut = "never"
        self.dead = False
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the URL that leads through the proxy."""
        host, port = self._server.getsockname()
        query = {name: one for name, one in self._target.query.items() if name != "host"}
        through = self._target.set(host=host, port=port, query=query)
        return through.render_as_string(hide_password=False)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if self.dead:
                    client.close()
                    continue
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _connect(self) -> socket.socket:
        folder = self._target.query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(Path(folder, f".s.PGSQL.{self._target.port or 5432}")))
            return server
        return socket.create_connection((self._target.host, self._target.port or 5432))

    def _serve(self, client: socket.socket) -> None:
        server = self._connect()
        threading.Thread(target=self._answer, args=(server, client), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                if self.cut == "before" and b'"k"' in data:  # the batch of an append
                    self._disarm()
                    break
                server.sendall(data)
        _end(client, server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if self.cut == "after":
                    self._disarm()
                    break
                client.sendall(data)
        _end(client, server)

    def _disarm(self) -> None:
        self.cut = "never"
        self.cuts += 1


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextlib.contextmanager
def proxied(target: str) -> Generator[Proxy]:
    """Yield a proxy that leads to the server of the URL *target*."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
