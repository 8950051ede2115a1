"""An EHR's FHIR server that takes 20 ms for every answer, however many it is asked at once.

    python bench/ehr_stub.py PORT BODY.json         BODY is a hook request whose prefetch it serves

HTTP/1.1 with keep-alive by asyncio alone: it must cost next to nothing beside the service that it measures.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

DELAY: Final = 0.020
_CAPABILITY: Final = b'{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}'


def values(body: Path) -> dict[str, bytes]:
    """Resource type → what a search for it (or a read of it) answers."""
    # The only place that must know it is the service itself.
    from cds_service.fhir.needs import NEEDS

    prefetch = json.loads(body.read_bytes())["prefetch"]
    kinds = {key: need.template.partition("?")[0].partition("/")[0] for key, need in NEEDS.items()}
    return {kinds[key]: json.dumps(value).encode() for key, value in prefetch.items()} | {"metadata": _CAPABILITY}


class Stub(asyncio.Protocol):
    def __init__(self, served: dict[str, bytes]) -> None:
        self._served = served
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            kind = head.split(b" ", 2)[1].decode().partition("?")[0].strip("/").split("/")[1]
            asyncio.get_running_loop().call_later(DELAY, self._answer, self._served[kind])

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)


async def serve(port: int, served: dict[str, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Stub(served), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), values(Path(sys.argv[2]))))
