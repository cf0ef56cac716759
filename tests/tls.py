"""Redis behind TLS alone, with certificates that a test makes: right ones, another's, another name's."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from pathlib import Path

import redis
import trustme

from tests.servers import REDIS_SERVER, Server


class Authority:
    """A certificate authority of the test's own; `path` names its certificate."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._made, self._directory = trustme.CA(), directory
        self.path = directory / "authority.pem"
        self._made.cert_pem.write_to_path(str(self.path))

    def certificate(self, name: str = "127.0.0.1") -> tuple[Path, Path]:
        """The files of a certificate for this name, and of its key."""
        made = self._made.issue_cert(name)
        certificate, key = self._directory / f"{name}.pem", self._directory / f"{name}.key"
        for number, blob in enumerate(made.cert_chain_pems):
            blob.write_to_path(str(certificate), append=number > 0)
        made.private_key_pem.write_to_path(str(key))
        return certificate, key


class TlsServer(Server):
    """Debian's redis-server, which nobody can speak to in the clear."""

    def __init__(self, directory: Path, authority: Authority, *options: str, name: str = "127.0.0.1") -> None:
        assert REDIS_SERVER, "apt-get install redis-server"
        super().__init__(REDIS_SERVER, directory, *options)
        self._certificate, self._key = authority.certificate(name)

    def command(self, *words: str | bytes | int, password: str | None = None) -> object:
        """One command by redis-py's plain client, who believes anybody."""
        options = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False}
        with redis.Redis(port=self.port, password=password, socket_timeout=5, **options) as client:  # type: ignore[call-overload]
            return client.execute_command(*words)

    def command_line(self) -> list[str]:
        where = ["--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        files = [
            "--tls-cert-file",
            str(self._certificate),
            "--tls-key-file",
            str(self._key),
            "--tls-auth-clients",
            "no",
        ]
        return [self.binary, *where, *files, "--save", "", "--loglevel", "warning", *self.options]

    def wait_until_it_answers(self, seconds: float = 10.0) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1) as plain,
                context.wrap_socket(plain) as asking,
            ):
                asking.sendall(b"PING\r\n")
                if asking.recv(64).startswith((b"+PONG", b"-NOAUTH")):
                    return
            time.sleep(0.02)
        raise TimeoutError((self.directory / "log").read_text(errors="replace"))


class TlsSentinel(TlsServer):
    """Watches one master under the name `pages`, by TLS alone."""

    def __init__(self, master: TlsServer, directory: Path, authority: Authority, *, name: str = "127.0.0.1") -> None:
        super().__init__(directory, authority, name=name)
        self.config = directory / "sentinel.conf"
        lines = (
            f"port 0\ntls-port {self.port}\nbind 127.0.0.1\ndir {directory}",
            f"tls-cert-file {self._certificate}\ntls-key-file {self._key}\ntls-ca-cert-file {authority.path}",
            "tls-auth-clients no\ntls-replication yes",
            f"sentinel monitor pages 127.0.0.1 {master.port} 1\nsentinel down-after-milliseconds pages 500\n",
        )
        self.config.write_text("\n".join(lines))

    def command_line(self) -> list[str]:
        return [self.binary, str(self.config), "--sentinel"]
