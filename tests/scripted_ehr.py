"""An EHR's FHIR server in process: it says what a test wrote down for it, and keeps what it was asked."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from cds_service.fhir.needs import NEEDS
from cds_service.fhir.prefetch import ABSENT, Looked
from cds_service.fhir.release import Release
from cds_service.fhir.server import FhirServers, Reading
from cds_service.fhir.server_queries import Asker
from cds_service.outbound.fetching import Ask, Outbound, Reply
from cds_service.trust.grants import Grant
from cds_service.trust.servers import read_base

BASE: Final = "https://ehr.example.org/fhir"
PATIENT: Final = "p1"
NOTHING: Final = dict.fromkeys(NEEDS, ABSENT)


class ScriptedEhr(Outbound):
    """`said` holds what it answers: by whole address below the base, else by path; a resource, bytes, a status, a
    Reply, or a function of the address. What is not there is a 404.
    """

    def __init__(self, said: Mapping[str, Any], base: str = BASE) -> None:
        super().__init__(1, 1_000_000)
        self.said, self.base = said, base
        self.asks: list[Ask] = []

    @property
    def asked(self) -> list[str]:
        """The addresses below the base, in order, but for what it says of itself."""
        addresses = [ask.url.removeprefix(self.base).removeprefix("/") for ask in self.asks]
        return [address for address in addresses if not address.startswith("metadata")]

    @property
    def kinds(self) -> list[str]:
        return [address.partition("?")[0] for address in self.asked]

    @property
    def introductions(self) -> int:
        """How often it was asked to say of itself what matters."""
        return sum("/metadata?" in ask.url for ask in self.asks)

    def get(self, asks: Sequence[Ask], deadline: float) -> list[Reply]:
        self.asks += asks
        return [self._reply(ask.url.removeprefix(self.base).removeprefix("/")) for ask in asks]

    def _reply(self, address: str) -> Reply:
        value = self.said.get(address, self.said.get(address.partition("?")[0], 404))
        value = value(address) if callable(value) else value
        if isinstance(value, Reply):
            return value
        if isinstance(value, int):
            return Reply(value)
        return Reply(200, value if isinstance(value, bytes) else json.dumps(value).encode())


def reading(
    ehr: ScriptedEhr, named: Release | None = None, patient: str = PATIENT, servers: FhirServers | None = None
) -> Reading:
    """What one call may read from it."""
    grant = Grant(read_base(ehr.base), "secret")
    asker = Asker(patient, "generic", date(2026, 6, 15))
    return Reading(servers or FhirServers(ehr), grant, asker, named, time.monotonic() + 60)


def read(ehr: ScriptedEhr, found: Mapping[str, Looked], **options: Any) -> Mapping[str, Looked]:
    return reading(ehr, **options).complete(found)


def capability(version: str, *types: str) -> dict[str, Any]:
    kind = "Conformance" if version.startswith("1.0") else "CapabilityStatement"
    return {"resourceType": kind, "fhirVersion": version, "rest": [{"resource": [{"type": each} for each in types]}]}


def named(kind: str, identity: str, **more: Any) -> dict[str, Any]:
    """A resource of this patient."""
    return {"resourceType": kind, "id": identity, "subject": {"reference": f"Patient/{PATIENT}"}, **more}


def bundle(*resources: dict[str, Any], next_page: str | None = None, **more: Any) -> dict[str, Any]:
    link = [] if next_page is None else [{"relation": "next", "url": next_page}]
    return {"resourceType": "Bundle", "link": link, "entry": [{"resource": each} for each in resources], **more}
