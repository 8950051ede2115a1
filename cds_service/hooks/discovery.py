"""The discovery document: what services there are, and what they would like to have prefetched."""

from collections.abc import Mapping
from typing import Any, Final

SERVICE_ID: Final = "facial-twitching"
HOOK: Final = "patient-view"
# The release of CDS Hooks spoken, not ours (ballot DISC-10); 2.0 clients ignore the member.
SPECIFICATION: Final = "2.0.1"


def discovery(prefetch: Mapping[str, str]) -> dict[str, Any]:
    """`{"services": [...]}` with the given prefetch templates."""
    service = {
        "hook": HOOK,
        "hookVersion": "1.0",
        "id": SERVICE_ID,
        "version": SPECIFICATION,
        "title": "Facial twitching and hemifacial spasm",
        "description": (
            "Looks for unilateral facial twitching in the chart and suggests an MRI work-up, the timing of the next "
            "botulinum toxin injection, or a check for caffeine or medicines that can cause twitching. "
            "Answers with no card for everybody else."
        ),
        "usageRequirements": (
            "Needs patient, conditions and medicationStatements, prefetched (FHIR DSTU2 to R5); without them the "
            "answer is 412. The other keys make the cards more certain; what was not provided is named on the card."
        ),
        "prefetch": dict(prefetch),
    }
    return {"services": [service]}
