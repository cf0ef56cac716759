"""The state directory: what a gateway keeps for itself. Readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import SettingsError


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """Paths in the state directory, and the two secrets that are made on first use."""

    root: Path

    def prepare(self) -> None:
        """Create it with mode 0700. Raises SettingsError where that cannot be done."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self.root / ".probe"
            probe.touch(mode=0o600)
            probe.unlink()
        except OSError as error:
            raise SettingsError(
                f"GATEWAY_STATE: cannot write to {self.root}: {error.strerror}; "
                "name a directory that this user may write to"
            ) from error

    @property
    def policies(self) -> Path:
        """The last good policy sets, signed, and the history of activations."""
        return self.root / "policies"

    @property
    def content_index(self) -> Path:
        """The kept content index."""
        return self.root / "content-index.json"

    @property
    def valkey(self) -> Path:
        """The embedded Valkey's socket, log and dump."""
        return self.root / "valkey"

    @property
    def public_address(self) -> Path:
        """Where the running gateway's public port listens."""
        return self.root / "public-address"

    @property
    def admin_address(self) -> Path:
        """Where the running gateway's admin port listens, for the commands that talk to it."""
        return self.root / "admin-address"

    def worker_socket(self, number: int) -> Path:
        """The admin port of one of several workers."""
        return self.root / f"worker-{number}.sock"

    def publish(self, public: str, admin: str) -> None:
        """Write down where the gateway listens, for the commands that talk to it."""
        self.public_address.write_text(f"{public}\n", "ascii")
        self.admin_address.write_text(f"{admin}\n", "ascii")

    def withdraw(self, public: str, admin: str) -> None:
        """Take that back in order: who finds the files afterwards finds what another gateway wrote, or a crash left."""
        for path, written in ((self.public_address, public), (self.admin_address, admin)):
            with suppress(OSError):
                if path.read_text("ascii").strip() == written:
                    path.unlink()

    def admin_token(self, given: str = "") -> str:
        """The token of the admin port."""
        return given or self._secret("admin-token")

    def signing_key(self, given: str = "") -> bytes:
        """The key that signs stored pages, last good policies and previews."""
        return (given or self._secret("signing-key")).encode()

    def _secret(self, name: str) -> str:
        path = self.root / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        with os.fdopen(descriptor, "w") as file:
            made = secrets.token_urlsafe(32)
            file.write(made + "\n")
        return made
