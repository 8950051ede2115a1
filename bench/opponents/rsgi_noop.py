"""Opponent (b): granian's own interface, no framework, the body read and dropped: the least that Python costs."""

from typing import Any

HEADERS = [("content-type", "application/json")]


async def app(scope: Any, protocol: Any) -> None:
    if scope.proto == "http":
        await protocol()
        protocol.response_bytes(200, HEADERS, b'{"cards":[]}')
