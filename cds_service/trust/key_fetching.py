"""Reads a client's keys from the address pinned for it: bounded in time and size, following nowhere."""

import time
from typing import Final
from urllib.parse import urlsplit

import urllib3

from cds_service.outbound.proxies import through
from cds_service.trust.keys import KeysError

_SECONDS: Final = 3.0
_BYTES: Final = 512_000
_HEADERS: Final = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


class KeyFetch:
    """Over https with the certificate checked (SSL_CERT_FILE names private authorities), through the proxy if there
    is one; http, which is for loopback only, goes straight.
    """

    def __init__(self, proxy: str = "", seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        # Each single wait; a server that sends drop by drop never reaches it, so the whole is bounded too.
        self._timeout = urllib3.Timeout(connect=seconds / 2, read=seconds / 2)
        self._direct = urllib3.PoolManager()
        self._outward = through(proxy) if proxy else self._direct

    def __call__(self, url: str) -> bytes:
        """The body of a 200. Raises KeysError saying what came instead."""
        pool = self._direct if urlsplit(url).scheme == "http" else self._outward
        until = time.monotonic() + self._seconds
        try:
            answer = pool.request(
                "GET",
                url,
                headers=_HEADERS,
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            with answer:
                if answer.status != 200:
                    raise KeysError(f"were not given: the server answered {answer.status}")
                return _body(answer, until)
        except urllib3.exceptions.HTTPError as error:
            raise KeysError(f"could not be read: {type(error).__name__}") from None


def _body(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    body = bytearray()
    while piece := answer.read1(65_536, decode_content=False):
        body += piece
        if len(body) > _BYTES:
            raise KeysError(f"were not read: more than {_BYTES} bytes")
        if time.monotonic() > until:
            raise KeysError("were not read: the server sends them too slowly")
    return bytes(body)
