"""EHRs' FHIR servers that behave in every way a server can: well, slowly, forbiddingly, or not like a server at all."""

import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

TOKEN: Final = "MARKED-access-token-of-this-call"
SLOW_SECONDS: Final = 2.0
_CAPABILITY: Final = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"mode": "server"}]}
_STATUS: Final = {"401": 401, "403": 403, "404": 404, "410": 410, "500": 500}


class Ehr:
    """An HTTP server whose first path segments choose how it behaves: `/fhir/403/Condition?…`.

    `values` are what the well-behaved one has, by resource type (`Patient`, `Condition`), and by `page/…` for second
    pages (with `?kind=…`, for the one who sends other patients' things). What lies outside of `/fhir` is a trap:
    nobody may ever ask for it.
    """

    def __init__(self, server: HTTPServer, values: Mapping[str, Any]) -> None:
        self._values = values
        self.root = f"http://127.0.0.1:{server.port}"
        self.trapped: list[str] = []
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        server.expect_request(re.compile("/fhir/.*")).respond_with_handler(self._answer)
        server.expect_request(re.compile("/.*")).respond_with_handler(self._trap)

    def base(self, behaviour: str) -> str:
        return f"{self.root}/fhir/{behaviour}"

    def _trap(self, request: Request) -> Response:
        self.trapped.append(request.path)
        return Response("{}", content_type="application/json")

    def _answer(self, request: Request) -> Response:
        behaviour, _, asked = request.path.removeprefix("/fhir/").partition("/")
        self.tokens.add(request.headers.get("Authorization"))
        self.asked.append(asked)
        if behaviour in _STATUS:
            return Response("{}", _STATUS[behaviour], content_type="application/json")
        if behaviour == "429":
            return Response("{}", 429, {"Retry-After": "60"})
        if behaviour == "redirect":
            return Response("", 302, {"Location": f"{self.root}/trap"})
        if behaviour == "slow":
            time.sleep(SLOW_SECONDS)
        if behaviour == "foreign":
            return _json(_somebody_elses(request.args.get("kind") or asked.partition("/")[0]))
        return _json(_CAPABILITY if asked == "metadata" else self._value(asked))

    def _value(self, asked: str) -> Any:
        return self._values[asked if asked.startswith("page/") else asked.partition("/")[0]]


def _json(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/fhir+json")


def _somebody_elses(kind: str) -> Any:
    if kind in ("Patient", "metadata"):
        return {"resourceType": kind.replace("metadata", "CapabilityStatement"), "id": "somebody-else"}
    return searchset(resource(kind, "somebody-else"))


def resource(kind: str, patient: str, identity: str = "x1") -> dict[str, Any]:
    """The least that says whose it is."""
    owner = {"reference": f"Patient/{patient}"}
    if kind == "Patient":
        return {"resourceType": kind, "id": patient}
    if kind == "Appointment":
        return {"resourceType": kind, "id": identity, "status": "cancelled", "participant": [{"actor": owner}]}
    name = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "id": identity, "status": "entered-in-error", name: owner}


def searchset(*resources: dict[str, Any], next_page: str = "") -> dict[str, Any]:
    link = [{"relation": "next", "url": next_page}] if next_page else []
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries}


class RawServer:
    """No web server at all: hangs up, talks nonsense, or never ends. The first path segments say which."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.root = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def base(self, behaviour: str) -> str:
        return f"{self.root}/fhir/{behaviour}"

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            behaviour = connection.recv(65_536).split(b"/")[2]
            if behaviour == b"garbage":
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            elif behaviour == b"not-json":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>Hi</html>")
            elif behaviour == b"cut-short":
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"resourceType":')
            elif behaviour == b"endless":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n")
                while True:
                    connection.sendall(b" " * 65_536)
            elif behaviour == b"dripping":
                for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200:
                    connection.sendall(bytes([sign]))
                    time.sleep(0.05)
