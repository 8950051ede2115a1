"""What is known of one patient, in the clinic's own terms: frozen, and free of FHIR's releases.

Law of this room: it imports nothing of the house, and nothing here reads JSON. The `fhir` room fills it from any
release, the cards read it. NamedTuples, because thousands of them are made per call and two records must compare by
value.
"""

from datetime import date
from typing import Literal, NamedTuple

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
CPT = "http://www.ama-assn.org/go/cpt"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"


class PartialDate(NamedTuple):
    """A date as precise as it was recorded: the closed interval of calendar days that it may mean.

    `2026-03` is 1 to 31 March 2026. `written` is the text as it stood in the record (with any time), for display and
    for hours.
    """

    earliest: date
    latest: date
    written: str = ""

    @property
    def is_exact(self) -> bool:
        return self.earliest == self.latest


class Period(NamedTuple):
    """From–to; an absent end means that it still goes on, an absent start that nobody wrote it down."""

    start: PartialDate | None = None
    end: PartialDate | None = None


class Coding(NamedTuple):
    """`system` is a canonical URI (aliases are undone by the reader), ICD codes are upper-case with their dot."""

    system: str
    code: str
    display: str = ""


class Concept(NamedTuple):
    codings: tuple[Coding, ...] = ()
    text: str = ""

    @property
    def label(self) -> str:
        """What a clinician would call it: the text, else the first display, else the first code."""
        return (
            self.text
            or next((c.display for c in self.codings if c.display), "")
            or next((c.code for c in self.codings), "")
        )

    @property
    def words(self) -> tuple[str, ...]:
        """Every wording it carries: the text and each coding's display."""
        return tuple(w for w in (self.text, *(c.display for c in self.codings)) if w)

    def __bool__(self) -> bool:
        return bool(self.codings or self.text)


class Quantity(NamedTuple):
    """`low` = `high` unless a range was recorded. `unit` is the UCUM code where there is one, else the unit's text.
    `comparator` is one of `<`, `<=`, `>`, `>=` or empty."""

    low: float
    high: float
    unit: str = ""
    comparator: str = ""


class Patient(NamedTuple):
    """`race` is what somebody recorded as the patient's race (US Core: its codes and its text); empty where nobody did.
    Only the drug-safety rule that names it may look at it.
    """

    id: str = ""
    born: PartialDate | None = None
    sex: str = ""
    active: bool = True
    deceased: bool = False
    deceased_on: PartialDate | None = None
    race: Concept = Concept()


class Condition(NamedTuple):
    """A problem or diagnosis. `status` is R4's clinicalStatus code (`active`, `resolved` …) or empty, `verification`
    likewise.
    """

    reference: str = ""
    code: Concept = Concept()
    status: str = ""
    verification: str = ""
    categories: tuple[str, ...] = ()
    onset: PartialDate | None = None
    onset_age_years: float | None = None
    abatement: PartialDate | None = None
    abated: bool = False
    recorded: PartialDate | None = None
    body_sites: tuple[Concept, ...] = ()
    laterality: tuple[Concept, ...] = ()
    notes: tuple[str, ...] = ()


class Timing(NamedTuple):
    """How often, as FHIR's Timing.repeat says it; any part may be missing. `period_unit`: s min h d wk mo a."""

    code: str = ""
    frequency: float | None = None
    frequency_max: float | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str = ""
    when: tuple[str, ...] = ()
    times_of_day: int = 0
    days_of_week: int = 0
    times: int | None = None
    bounds: Period | None = None


class Dosage(NamedTuple):
    text: str = ""
    sequence: int | None = None
    as_needed: bool = False
    dose: Quantity | None = None
    timing: Timing | None = None
    max_dose: Quantity | None = None
    max_dose_days: float | None = None
    route: Concept = Concept()
    site: Concept = Concept()


class Ingredient(NamedTuple):
    """Strength is the amount (usually mg) of this ingredient in `per` of `per_unit` (a tablet, 1 mL …), or None where
    unknown.
    """

    item: Concept = Concept()
    strength: Quantity | None = None
    per: float = 1.0
    per_unit: str = ""


class MedicationUse(NamedTuple):
    """One entry about a medicine: somebody says it is taken, ordered it, gave it, handed it over.

    `status` is R4's code for that kind, whatever release it came from: DSTU2's wasNotTaken, STU3's taken = n and R5's
    adherence not-taking are `not-taken`; R5's `recorded` is `active`, `stopped` or `on-hold` by its adherence. Empty
    where none was given. `given` is one point in time (effectiveDateTime), `course` a stretch (effectivePeriod).
    """

    reference: str = ""
    kind: Literal["statement", "request", "administration", "dispense"] = "statement"
    medication: Concept = Concept()
    ingredients: tuple[Ingredient, ...] = ()
    unresolved: bool = False
    status: str = ""
    status_reasons: tuple[Concept, ...] = ()
    intent: str = ""
    given: PartialDate | None = None
    course: Period | None = None
    undated_words: str = ""
    authored: PartialDate | None = None
    asserted: PartialDate | None = None
    validity: Period | None = None
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[str, ...] = ()
    dosages: tuple[Dosage, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    notes: tuple[str, ...] = ()


class Procedure(NamedTuple):
    """`performed` is the date or the start of the period; `performed_words` what a string or an age said instead."""

    reference: str = ""
    code: Concept = Concept()
    status: str = ""
    status_reasons: tuple[Concept, ...] = ()
    performed: PartialDate | None = None
    performed_words: str = ""
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[str, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    outcome: Concept = Concept()
    notes: tuple[str, ...] = ()


class Component(NamedTuple):
    code: Concept = Concept()
    value: Quantity | None = None
    value_words: str = ""


class Observation(NamedTuple):
    """`issued` is the instant as written (for the order within a day); `range_low`/`range_high` the reference range
    given with it.
    """

    reference: str = ""
    code: Concept = Concept()
    status: str = ""
    effective: PartialDate | None = None
    issued: str = ""
    value: Quantity | None = None
    value_concept: Concept = Concept()
    value_words: str = ""
    range_low: float | None = None
    range_high: float | None = None
    interpretations: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    notes: tuple[str, ...] = ()


class Order(NamedTuple):
    """Something asked for: ServiceRequest, ProcedureRequest, DiagnosticOrder, ReferralRequest or Task."""

    reference: str = ""
    kind: Literal["order", "task"] = "order"
    code: Concept = Concept()
    status: str = ""
    status_reasons: tuple[Concept, ...] = ()
    intent: str = ""
    do_not_perform: bool = False
    authored: PartialDate | None = None
    occurrence: Period | None = None
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Report(NamedTuple):
    """A DiagnosticReport or an ImagingStudy. `issued_after` names the orders it answers (`basedOn`)."""

    reference: str = ""
    kind: Literal["report", "imaging-study"] = "report"
    code: Concept = Concept()
    status: str = ""
    performed: PartialDate | None = None
    based_on: tuple[str, ...] = ()
    conclusion: str = ""
    conclusion_codes: tuple[Concept, ...] = ()


class Appointment(NamedTuple):
    """`about` holds what it is for: serviceType, reason, appointmentType, specialty."""

    reference: str = ""
    status: str = ""
    start: PartialDate | None = None
    requested: Period | None = None
    about: tuple[Concept, ...] = ()
    description: str = ""
    created: PartialDate | None = None


class Allergy(NamedTuple):
    reference: str = ""
    code: Concept = Concept()
    substances: tuple[Concept, ...] = ()
    status: str = ""
    verification: str = ""


class Unread(NamedTuple):
    """An entry that was there and could not be read or used; `reason` is a word for a person, never the data."""

    need: str
    reference: str
    reason: str


class NotAssessed(NamedTuple):
    """A need that could not be looked at, or only in part: never confused with "nothing there"."""

    need: str
    reason: str


class Drafts(NamedTuple):
    """What is being signed or booked at this moment. Nothing of it has happened, so no other part of the record holds
    it: a draft is no injection given, and no order on file.
    """

    medications: tuple[MedicationUse, ...] = ()
    orders: tuple[Order, ...] = ()
    appointments: tuple[Appointment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.medications or self.orders or self.appointments)

    def named_once(self, reference: str) -> bool:
        """Whether this reference names one draft alone: several items of one resource only go together."""
        return [draft.reference for part in self for draft in part].count(reference) == 1


class PatientRecord(NamedTuple):
    """`drafts` are beside what is known: see there."""

    patient: Patient = Patient()
    conditions: tuple[Condition, ...] = ()
    medications: tuple[MedicationUse, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    observations: tuple[Observation, ...] = ()
    orders: tuple[Order, ...] = ()
    reports: tuple[Report, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    unread: tuple[Unread, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    drafts: Drafts = Drafts()

    def missing(self, *needs: str) -> tuple[NotAssessed, ...]:
        """Those of these needs that could not be looked at completely."""
        return tuple(n for n in self.not_assessed if n.need in needs)
