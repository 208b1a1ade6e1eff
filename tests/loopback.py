"""Keeps the suite at home: a test that reaches for another machine fails, and nothing is sent."""

import ipaddress
import sys
from typing import Any

CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
ASKING = {"socket.getaddrinfo", "socket.gethostbyname"}


class StrangerError(RuntimeError):
    """A test wanted to speak to another machine. Point it at 127.0.0.1 or at a socket file."""


class Guard:
    """Refuses every connection and name that is not this machine's, and remembers each attempt.

    Attempts are remembered because code under test may catch a refusal like any failed connection.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []

    def install(self) -> None:
        """Watch this process for the rest of its life; an audit hook cannot be taken off."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, details: tuple[Any, ...]) -> None:
        if event in CONNECTING:
            address = details[1]
            host = address[0] if isinstance(address, tuple) else None
        elif event in ASKING:
            host = details[0]
        else:
            return
        if isinstance(host, bytes):
            host = host.decode()
        if isinstance(host, str) and not is_home(host):
            self.refused.append(host)
            raise StrangerError(f"This test wanted to reach {host}. Only this machine is allowed.")


def is_home(host: str) -> bool:
    """Tell whether a host is this machine, by its number or by its one safe name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"", "localhost"}
