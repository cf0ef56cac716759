"""Sockets that listen, before anybody serves on them."""

from __future__ import annotations

import socket

from gateway.errors import SettingsError
from gateway.web.connections import hold_little

BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsError where the address is taken or not ours."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        remedy = "choose another: --host, --port, --admin-host, --admin-port"
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}; {remedy}") from error
    hold_little(listening)
    return listening


def name_of(listening: socket.socket) -> str:
    """Host and port, as a URL has them."""
    host, port, *_ = listening.getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
