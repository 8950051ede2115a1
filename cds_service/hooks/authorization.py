"""The request's `fhirAuthorization` (conformance FHIR-1…6): what a client lends us for the length of one call."""

from typing import Any, NamedTuple


class Authorization(NamedTuple):
    """`token` is None where the request holds none, empty where it cannot be read. `patient` is whom it is for, where
    that is said. Never shown: a token in a log would open the chart.
    """

    token: str | None = None
    kind: str = ""
    patient: str = ""

    def __repr__(self) -> str:
        return "Authorization(…)"


def read_authorization(said: Any) -> Authorization:
    """Tolerant of what it does not need; but one without a readable token, or for a patient who cannot be read, is not
    the same as none, which asks for an open server.
    """
    if said is None:
        return Authorization()
    if not isinstance(said, dict):
        return Authorization("")
    token, kind, patient = (said.get(name) for name in ("access_token", "token_type", "patient"))
    if not isinstance(token, str) or not isinstance(patient, str | None):
        return Authorization("")
    return Authorization(token, kind if isinstance(kind, str) else "Bearer", patient or "")
