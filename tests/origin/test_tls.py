"""A CMS behind TLS is asked only if it can prove that it is the one; nothing is ever asked in plain instead."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.events import NoEvents
from tests.origin.scripted import response, scripted

CARE = Care(connect_seconds=2.0, first_byte_seconds=2.0)


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for this address, and a client's that trusts it."""
    key, file = directory / f"{name}.key", directory / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=cms", "-addext", f"subjectAltName=IP:{name}", "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, key)
    return server, ssl.create_default_context(cafile=str(file))


async def test_a_cms_with_the_right_certificate_is_asked(tmp_path: Path) -> None:
    server, client = certificate(tmp_path, "127.0.0.1")
    async with scripted(server) as cms:
        cms.default = [response(b"secret")]
        origin = Origin(cms.url.replace("http", "https"), NoEvents(), CARE, context=client)
        assert [(await origin.fetch(Request("GET", "/"))).body for _ in range(3)] == [b"secret"] * 3
        assert cms.connections == 1
        await origin.aclose()


@pytest.mark.parametrize("kind", ["another name", "another authority", "the system's authorities"])
async def test_a_cms_that_cannot_prove_it_is_not(tmp_path: Path, kind: str) -> None:
    server, client = certificate(tmp_path, "127.0.0.2" if kind == "another name" else "127.0.0.1")
    if kind == "another authority":
        (tmp_path / "other").mkdir()
        _, client = certificate(tmp_path / "other", "127.0.0.1")
    async with scripted(server) as cms:
        context = None if kind == "the system's authorities" else client
        origin = Origin(cms.url.replace("http", "https"), NoEvents(), CARE, context=context)
        with pytest.raises(OriginError) as caught:
            await origin.fetch(Request("GET", "/"))
        assert (caught.value.fault, cms.heard) == (Fault.TLS, [])
        await origin.aclose()
