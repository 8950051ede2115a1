"""What is being signed or booked, as the hook's context brings it: often no valid FHIR, so read like everything else.

The sandbox's Bundle has no type, its MedicationRequest a category that is no list, and before a medicine is chosen no
medicine at all.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

import msgspec

from cds_service.fhir.chart import Entry
from cds_service.fhir.medication_references import unresolved
from cds_service.fhir.needs import DRAFTS
from cds_service.fhir.prefetch import Looked, look
from cds_service.fhir.record_reading import read_record
from cds_service.record import Drafts


def look_at_drafts(raw: msgspec.Raw) -> Looked:
    """Whatever came is all there is: a draft has no further pages, and nothing can be fetched."""
    return replace(look(raw, DRAFTS), state="present", problem="")


def first_reading(looked: Looked, patient_id: str, zone: ZoneInfo) -> Drafts:
    """The drafts by themselves, before anything of the chart is looked at: enough to see whether they matter at all."""
    return read_record({DRAFTS.key: looked}, patient_id, zone).drafts


def name_elsewhere(looked: Looked) -> bool:
    """Whether one of them names its medicine by a reference that only the chart or the EHR's server can resolve."""
    return bool(unresolved({DRAFTS.key: looked}))


def resources(looked: Looked) -> dict[str, msgspec.Raw]:
    """The drafts as they were sent, by the reference that the record has for them."""
    return {
        Entry.of(DRAFTS.key, resource, piece.full_url).reference: piece.resource for resource, piece in looked.decoded
    }
