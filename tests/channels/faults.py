"""How a way to a provider breaks: real sockets on this machine that fail as networks do."""

import asyncio
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOUR = timedelta(hours=1)
UNKNOWN = "nowhere.invalid"

Way = AbstractAsyncContextManager[str]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def certificate(folder: Path) -> Path:
    """Make a certificate that nobody has vouched for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + HOUR)
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "stranger.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def strange_certificate(folder: Path) -> AsyncIterator[str]:
    """A server that shows a certificate which we have no reason to trust."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(folder))
    async with _serving(_hang, context) as port:
        yield f"https://127.0.0.1:{port}"


@asynccontextmanager
async def no_tls(_folder: Path) -> AsyncIterator[str]:
    """A server that answers a greeting of TLS with something else."""
    async with _serving(_babble) as port:
        yield f"https://127.0.0.1:{port}"


@asynccontextmanager
async def cut_greeting(_folder: Path) -> AsyncIterator[str]:
    """A server that resets the connection while TLS is being agreed."""
    async with _serving(_reset) as port:
        yield f"https://127.0.0.1:{port}"


@asynccontextmanager
async def silent_greeting(_folder: Path) -> AsyncIterator[str]:
    """A server that takes the connection, and never answers TLS."""
    async with _serving(_hang) as port:
        yield f"https://127.0.0.1:{port}"


@asynccontextmanager
async def full_queue(_folder: Path) -> AsyncIterator[str]:
    """A port whose queue is full: nobody answers who wants to connect."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)  # noqa: FBT003 - the standard library's own
            one.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for one in crowd:
            one.close()


@asynccontextmanager
async def closed_port(_folder: Path) -> AsyncIterator[str]:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # ours, so that nobody else begins to listen there
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@asynccontextmanager
async def unknown_name(_folder: Path) -> AsyncIterator[str]:
    """A name that no server of names knows. The library's own question is answered so, offline."""
    asked = socket.getaddrinfo

    def answer(host: object, *rest: object, **more: object) -> object:
        if host == UNKNOWN:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked(host, *rest, **more)  # type: ignore[arg-type]  # passed on as it came

    socket.getaddrinfo = answer  # type: ignore[assignment]  # for the length of one test
    try:
        yield f"http://{UNKNOWN}"
    finally:
        socket.getaddrinfo = asked


NEVER_LEFT: tuple[Callable[[Path], Way], ...] = (
    strange_certificate,
    no_tls,
    cut_greeting,
    silent_greeting,
    full_queue,
    closed_port,
    unknown_name,
)
"""Ways that break before a request can be on them."""


async def resets(request: web.Request) -> web.StreamResponse:
    """Begin an answer, and reset the connection in the middle of it."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"sid": ')
    assert request.transport is not None
    _linger(request.transport.get_extra_info("socket"))
    request.transport.abort()
    return response


async def dribbles(request: web.Request) -> web.StreamResponse:
    """Begin an answer, and never end it."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"sid": ')
    await asyncio.sleep(30)
    return response


@asynccontextmanager
async def _serving(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the other side gives up
    writer.close()


async def _babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    _linger(writer.get_extra_info("socket"))
    writer.transport.abort()


def _linger(sock: socket.socket) -> None:
    """Let the connection end with a reset, and not in good manners."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
