"""Reads a CDS Hooks request. Tolerant of members it doesn't know; what it needs must be there and of its type."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from cds_service.hooks.authorization import Authorization, read_authorization
from cds_service.hooks.problem import Problem
from cds_service.hooks.services import Service

LONGEST_HOOK_INSTANCE: Final = 128
_PATIENT_FACING: Final = frozenset({"patient", "relatedperson"})
_ID: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~:@=+-]{1,256}")
_EPIC_FHIR_VERSION: Final = "com.epic.cdshooks.request.fhir-version"
_BOM: Final = b"\xef\xbb\xbf"
_NULL: Final = msgspec.Raw(b"null")


class _Context(msgspec.Struct, gc=False):
    patientId: str = ""  # noqa: N815 – the protocol's name
    userId: Any = None  # noqa: N815
    encounterId: Any = None  # noqa: N815
    draftOrders: msgspec.Raw = _NULL  # noqa: N815
    appointments: msgspec.Raw = _NULL


class _Body(msgspec.Struct, gc=False):
    hook: str
    hookInstance: str  # noqa: N815
    context: _Context
    prefetch: dict[str, msgspec.Raw] | None = None
    fhirServer: Any = None  # noqa: N815
    fhirAuthorization: Any = None  # noqa: N815
    extension: msgspec.Raw = _NULL


class HookRequest(NamedTuple):
    """One call. `prefetch` holds each key's value as raw JSON, `drafts` what is being signed or booked (null where the
    hook has none, or none was sent); `user` is `Type/id`, or empty.
    """

    hook: str
    hook_instance: str
    patient_id: str
    user: str
    encounter_id: str
    prefetch: Mapping[str, msgspec.Raw]
    fhir_server: str = ""
    authorization: Authorization = Authorization()
    extension: msgspec.Raw = _NULL
    drafts: msgspec.Raw = _NULL

    @property
    def fhir_version(self) -> str:
        """The release that Epic names in an extension (EPIC-9), or empty."""
        try:
            said = msgspec.json.decode(self.extension)
        except (ValueError, RecursionError):
            return ""
        version = said.get(_EPIC_FHIR_VERSION) if isinstance(said, dict) else None
        return version if isinstance(version, str) else ""

    @property
    def is_patient_facing(self) -> bool:
        """True when a patient or a relative opened the chart: clinicians' wording is withheld then (PV-4)."""
        parts = self.user.strip().lower().split("/")
        return len(parts) > 1 and parts[-2] in _PATIENT_FACING


_decode = msgspec.json.Decoder(_Body).decode


def _parse(body: bytes) -> _Body:
    body = body.removeprefix(_BOM)
    try:
        if not body.isascii():
            body.decode("utf-8")
        return _decode(body)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        path = f"Request.{where.rstrip('`')}" if where else "Request"
        # msgspec's words name types and members only, never values.
        raise Problem(400, "structure", f"The request is not a CDS Hooks request: {what}.", (path,)) from None
    except UnicodeDecodeError:
        raise Problem(400, "structure", "The body is not valid UTF-8. Send JSON encoded in UTF-8.") from None
    except RecursionError:
        raise Problem(400, "structure", "The JSON is nested too deeply.") from None
    except msgspec.DecodeError:
        raise Problem(400, "structure", "The body is not valid JSON (RFC 8259).") from None


def hook_of(body: bytes) -> str:
    """The hook that a request names. Raises Problem (400) for what is no request."""
    return _parse(body).hook


def read_request(body: bytes, service: Service) -> HookRequest:
    """The request to this service. Raises Problem (400) saying what is missing and where."""
    request = _parse(body)
    if request.hook != service.hook:
        text = f"This service answers the hook {service.hook}; the request names another."
        raise Problem(400, "not-supported", text, ("Request.hook",))
    if not 0 < len(request.hookInstance) <= LONGEST_HOOK_INSTANCE:
        text = f"hookInstance must be a non-empty string of at most {LONGEST_HOOK_INSTANCE} characters (a UUID)."
        raise Problem(400, "required", text, ("Request.hookInstance",))
    patient_id = request.context.patientId.removeprefix("Patient/")
    if not _ID.fullmatch(patient_id):
        raise Problem(
            400, "required", "context.patientId must be the FHIR id of the patient.", ("Request.context.patientId",)
        )
    user, encounter = request.context.userId, request.context.encounterId
    encounter = encounter.removeprefix("Encounter/") if isinstance(encounter, str) else ""
    encounter = encounter if _ID.fullmatch(encounter) else ""
    if service.needs_encounter and not encounter:
        text = f"context.encounterId must be the FHIR id of the encounter: the hook {service.hook} requires it."
        raise Problem(400, "required", text, ("Request.context.encounterId",))
    return HookRequest(
        request.hook,
        request.hookInstance,
        patient_id,
        user if isinstance(user, str) else "",
        encounter,
        request.prefetch or {},
        request.fhirServer if isinstance(request.fhirServer, str) else "",
        read_authorization(request.fhirAuthorization),
        request.extension,
        getattr(request.context, service.drafts) if service.drafts else _NULL,
    )
