"""The discovery document: what services there are, and what they would like to have prefetched."""

from collections.abc import Mapping
from typing import Any, Final

from cds_service.hooks.services import SERVICES, Service

# The release of CDS Hooks spoken, not ours (ballot DISC-10); 2.0 clients ignore the member.
SPECIFICATION: Final = "2.0.1"
_USAGE: Final = (
    "Needs patient, conditions and medicationStatements, prefetched (FHIR DSTU2 to R5); without them the "
    "answer is 412. The other keys make the cards more certain; what was not provided is named on the card."
)


def discovery(prefetch: Mapping[str, str]) -> dict[str, Any]:
    """`{"services": [...]}`, all with the same templates: the same things are read of a chart at any moment."""
    return {"services": [_entry(service, prefetch) for service in SERVICES.values()]}


def _entry(service: Service, prefetch: Mapping[str, str]) -> dict[str, Any]:
    version = {"hookVersion": service.hook_version} if service.hook_version else {}
    return {
        "hook": service.hook,
        **version,
        "id": service.id,
        "version": SPECIFICATION,
        "title": service.title,
        "description": service.description,
        "usageRequirements": f"{_USAGE} {service.usage}".strip(),
        "prefetch": dict(prefetch),
    }
