"""Reading what prefetch did not bring from the EHR's FHIR server: in parallel, page by page, until a deadline."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urljoin

from cds_service.fhir.capabilities import UNKNOWN, Capabilities, Capability, read_capability
from cds_service.fhir.medication_references import unresolved
from cds_service.fhir.needs import NEEDS, Need
from cds_service.fhir.ownership import of_patient
from cds_service.fhir.pages import joined, together
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.release import Release, release_in_address, release_of
from cds_service.fhir.server_queries import Asker, queries
from cds_service.outbound.fetching import Ask, Failure, Outbound, Reply
from cds_service.trust.grants import Grant
from cds_service.trust.servers import permitted

_ACCEPT: Final = "application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8"
_MOST_PAGES: Final = 20
_MOST_MEDICATIONS: Final = 30
_LONGEST_ADDRESS: Final = 16_000
# A whole statement is megabytes, and a server that has just started takes seconds for it.
_ALL_THAT_MATTERS: Final = "_elements=fhirVersion,rest.resource.type"
_MEDICATION: Final = Need("medication", "", frozenset({"Medication"}))
# Said on cards and in 412 answers, so in words for people and without addresses.
_FAILED: Final[Mapping[Failure, str]] = {
    "late": "the FHIR server did not answer in time",
    "dropped": "the FHIR server dropped the connection",
    "unreachable": "the FHIR server could not be reached",
    "address-refused": "the FHIR server's address is a private one that is not allowed",
    "untrusted": "the FHIR server's certificate is not trusted",
    "garbled": "the FHIR server's answer could not be read",
    "too-large": "the FHIR server's answer was too large",
    "busy": "the FHIR server was busy",
}
_REFUSED: Final = {
    401: "the FHIR server refused the access token",
    403: "the FHIR server did not allow it",
    404: "the FHIR server does not have it",
    410: "the FHIR server no longer has it",
}


@dataclass
class _Answer:
    """One query's pages so far, and the address of the next one."""

    need: Need
    next_url: str
    pages: list[Looked] = field(default_factory=list)


class FhirServers:
    """Everything that calls share: connections, and what servers said of themselves."""

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound
        self.capabilities = Capabilities()


@dataclass(frozen=True)
class NoReading:
    """Where there is no server to read from: what came in prefetch is all there is. `why` tells the caller."""

    why: str = ""
    fhir_server: str = ""
    named: Release | None = None

    def complete(self, looked: Mapping[str, Looked]) -> Mapping[str, Looked]:
        return looked

    with_medications = complete

    def release(self, looked: Mapping[str, Looked]) -> Release:
        return self.named or release_of(looked) or release_in_address(self.fhir_server[:_LONGEST_ADDRESS]) or "R4"


class Reading:
    """What one call may read. `named` is the release that the client's configuration or its request names, `deadline`
    is on the clock of `time.monotonic`.
    """

    def __init__(
        self, servers: FhirServers, grant: Grant, asker: Asker, named: Release | None, deadline: float
    ) -> None:
        self._servers, self._grant, self._asker, self._deadline = servers, grant, asker, deadline
        self._named = named
        self._headers = {"Accept": _ACCEPT, "Accept-Encoding": "gzip", "User-Agent": "facial-twitching-cds"}
        if grant.token:
            self._headers["Authorization"] = f"Bearer {grant.token}"

    def release(self, looked: Mapping[str, Looked]) -> Release:
        """The client's word, else what only one release's data look like, else what the server says of itself, else
        its address.
        """
        server = self._servers.capabilities.recall(self._grant.base.url) or UNKNOWN
        told = self._named or release_of(looked) or server.release or release_in_address(self._grant.base.path)
        return told or "R4"

    def complete(self, looked: Mapping[str, Looked]) -> Mapping[str, Looked]:
        """Fetches what is absent or failed, and the further pages of what has them: of something of which only a part
        is known, nothing may be said to be absent.
        """
        if not any(map(_lacks, looked.values())):
            return looked
        offered = self._capability().types
        release = self.release(looked)
        answers = {
            key: self._begin(found, NEEDS[key], release, offered) for key, found in looked.items() if _lacks(found)
        }
        self._turn_pages([answer for several in answers.values() for answer in several])
        return {key: self._closed(found, answers.get(key, ())) for key, found in looked.items()}

    def with_medications(self, looked: Mapping[str, Looked]) -> Mapping[str, Looked]:
        """Fetches the Medications that are named by reference only, and puts them with those that name them."""
        wanted = {url: key for reference, key in unresolved(looked).items() if (url := self._own(reference))}
        urls = list(wanted)[:_MOST_MEDICATIONS]
        found = dict(looked)
        for url, reply in zip(urls, self._get(urls), strict=True):
            page = look(reply.body, _MEDICATION)
            if page.state == "present":
                key = wanted[url]
                found[key] = replace(found[key], pages=(*found[key].pages, *page.pages))
        return found

    def _begin(self, found: Looked, need: Need, release: Release, offered: Collection[str]) -> list[_Answer]:
        """A first page that came is followed where its link leads to the same server; all else is asked from the
        start.
        """
        following = self._own(found.next_page) if found.state == "incomplete" else ""
        if following:
            return [_Answer(need, following, [found])]
        asked = queries(need, release, offered, self._asker)
        return [_Answer(need, f"{self._grant.base.url}/{query}") for query in asked]

    def _turn_pages(self, answers: list[_Answer]) -> None:
        """All first pages at once, then all second ones …, until there are too many, or they are too large together."""
        room = self._servers.outbound.most_bytes
        for _ in range(_MOST_PAGES):
            open_ones = [answer for answer in answers if answer.next_url]
            if not open_ones or room <= 0:
                return
            replies = self._get([answer.next_url for answer in open_ones])
            for answer, reply in zip(open_ones, replies, strict=True):
                page = of_patient(_page(reply, answer.need), answer.need, self._asker.patient_id)
                answer.next_url = self._own(page.next_page, answer.next_url)
                answer.pages.append(page)
            room -= sum(len(reply.body) for reply in replies)

    def _closed(self, found: Looked, answers: Iterable[_Answer]) -> Looked:
        """What is known in the end. Where the server had nothing better, what came in prefetch stays."""
        read = [joined(answer.pages) for answer in answers]
        if not read:
            return found
        result = together(read)
        if result.state != "failed" or not found.pages:
            return result
        return found if found.state == "incomplete" else replace(found, problem=result.problem)

    def _capability(self) -> Capability:
        """What the server says of itself. Who does not answer within half of the time is asked again in a minute."""
        server = self._grant.base.url
        known = self._servers.capabilities.recall(server)
        if known is not None:
            return known
        half = time.monotonic() + (self._deadline - time.monotonic()) / 2
        reply = self._get([f"{server}/metadata?{_ALL_THAT_MATTERS}"], half)[0]
        if reply.status in (400, 404) and not reply.failure:
            reply = self._get([f"{server}/metadata"], half)[0]
        said = read_capability(reply.body) if reply.status == 200 and not reply.failure else UNKNOWN
        # A refused token says something of this call, not of the server.
        if reply.status not in (401, 403):
            self._servers.capabilities.note(server, said)
        return said

    def _get(self, urls: Iterable[str], deadline: float | None = None) -> list[Reply]:
        base = self._grant.base
        asks = [Ask(f"{base.scheme}://{base.host}:{base.port}", url, self._headers) for url in urls]
        return self._servers.outbound.get(asks, deadline or self._deadline) if asks else []

    def _own(self, reference: str, start: str = "") -> str:
        """An address below this call's server, made of its parts; empty for any other: the token goes nowhere else."""
        if not reference or len(reference) > _LONGEST_ADDRESS:
            return ""
        base = self._grant.base
        try:
            address, mark, query = urljoin(start or f"{base.url}/", reference).partition("?")
        except ValueError:
            return ""
        found = permitted(address, [base])
        if found is None or "#" in query or any(not "!" <= sign <= "~" for sign in query):
            return ""
        return f"{found.url}{mark}{query}"


def _lacks(found: Looked) -> bool:
    return found.state in ("absent", "failed", "incomplete")


def _page(reply: Reply, need: Need) -> Looked:
    if reply.failure:
        return Looked("failed", _FAILED[reply.failure])
    if reply.status != 200:
        other = "the FHIR server redirected" if 300 <= reply.status < 400 else "the FHIR server failed"
        return Looked("failed", _REFUSED.get(reply.status, other))
    page = look(reply.body, need)
    # Null is a client's way to say that there is nothing; a server has no such word.
    is_nothing = page.state == "absent" or (page.state == "empty" and reply.body.strip() == b"null")
    return Looked("failed", _FAILED["garbled"]) if is_nothing else page
