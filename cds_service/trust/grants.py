"""What a request allows this service to read: which server, with which access token; or why nothing."""

import re
from typing import Final, NamedTuple

from cds_service.hooks.authorization import Authorization
from cds_service.trust.caller import Caller
from cds_service.trust.servers import ServerBase, permitted

# What may stand in an Authorization header (RFC 6750's b64token and then some; never a blank or a line break).
_TOKEN: Final = re.compile(r"[!-~]{1,16384}")


class Grant(NamedTuple):
    """A server that passed the guard, and the access token for it, empty for an open server. Never shown."""

    base: ServerBase
    token: str = ""

    def __repr__(self) -> str:
        return "Grant(…)"


class Refusal(NamedTuple):
    """Why nothing is read, for the caller; empty where the request names no server."""

    text: str = ""


NOT_LISTED: Final = Refusal(
    "The fhirServer of the request is not one that this service may read from (FHIR_SERVERS, or fhir_servers of the "
    "client)."
)
ANOTHER_PATIENT: Final = Refusal("The access token of the request is for another patient, so it was not used.")
UNUSABLE: Final = Refusal("The fhirAuthorization of the request holds no usable Bearer token, so nothing was read.")


def granted(fhir_server: str, given: Authorization, patient_id: str, caller: Caller) -> Grant | Refusal:
    """A request without fhirAuthorization may still name an open server (FHIR-11)."""
    if not fhir_server:
        return Refusal()
    base = permitted(fhir_server, caller.servers)
    if base is None:
        return NOT_LISTED
    if given.token is None or not caller.may_use_token:
        return Grant(base)
    if given.kind.lower() != "bearer" or not _TOKEN.fullmatch(given.token):
        return UNUSABLE
    if given.patient.removeprefix("Patient/") not in ("", patient_id):
        return ANOTHER_PATIENT
    return Grant(base, given.token)
