"""What a rule says: advice or a reasoned silence. Law of this room: no words, no FHIR, no clock; it imports only the
record.

A rule names phrases by the heading they stand under in its `words.md` and hands over the values for the blanks. Values
that came from the record are plain strings; wording escapes every one of them. What we name ourselves is a `Name`, so
that it can be said in the reader's language; numbers and dates are handed over as such, for the same reason.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from cds_service.record import Coding, NotAssessed, PartialDate, PatientRecord, Quantity

Value: TypeAlias = "str | int | float | date | Quantity | Phrase | Listed"
Values: TypeAlias = Mapping[str, Value]
Indicator: TypeAlias = Literal["info", "warning", "critical"]
Side: TypeAlias = Literal["left", "right", "bilateral", "unilateral", "unknown"]
# The moments of the work at which advice differs, each by the name of the hook that stands for it.
Moment: TypeAlias = Literal["patient-view", "order-sign", "appointment-book"]
NO_VALUES: Values = {}


class Name(str):
    """A name of ours, in English; `cards/names.<language>.toml` has it in the other languages."""

    __slots__ = ()


class Listed(NamedTuple):
    """Several values in one blank: `calcium, magnesium`."""

    parts: tuple[Value, ...]
    between: str = ", "


class Phrase(NamedTuple):
    """A block of `words.md`, by its heading (`line/last-injection`), with the values of its blanks."""

    block: str
    values: Values = NO_VALUES


class Evidence(NamedTuple):
    """One resource that a finding rests on. `date` is as written in the record, or empty."""

    reference: str
    date: str = ""
    display: str = ""


class Finding(NamedTuple):
    """Something noticed, by its code in the contract; its sentence is the block `finding/<code>`, or `phrase` when a
    code has several.
    """

    code: str
    values: Values = NO_VALUES
    evidence: tuple[Evidence, ...] = ()
    phrase: str = ""

    @property
    def sentence(self) -> Phrase:
        return Phrase(self.phrase or f"finding/{self.code}", self.values)


class OrderProposal(NamedTuple):
    """A draft order with the intent of a proposal. `describe` is the action's text, `note` the sequences or the reason
    to give along.

    `reasons` are references such as `Condition/c1`; `body_site` a verified coding.
    """

    describe: Phrase
    codes: tuple[Coding, ...]
    title: Phrase
    category: Literal["imaging", "laboratory", "referral", "counselling"]
    urgent: bool = False
    body_site: tuple[Coding, ...] = ()
    reasons: tuple[str, ...] = ()
    note: Phrase | None = None


class AppointmentProposal(NamedTuple):
    """A visit to arrange between two days (inclusive); `latest` None leaves the end open."""

    describe: Phrase
    title: Phrase
    earliest: date
    latest: date | None = None
    reasons: tuple[str, ...] = ()


class TaskProposal(NamedTuple):
    """Something for a person to do: a review, a safety screen, a talk. `focus` is the resource it is about."""

    describe: Phrase
    title: Phrase
    urgent: bool = False
    focus: str = ""
    reasons: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


class Removal(NamedTuple):
    """A draft to be left out of what is being signed or booked, by its reference."""

    describe: Phrase
    draft: str


class Amendment(NamedTuple):
    """A draft with a note added, and nothing else changed."""

    describe: Phrase
    draft: str
    note: Phrase


# Those that bring a resource.
Written: TypeAlias = OrderProposal | AppointmentProposal | TaskProposal | Amendment
Proposal: TypeAlias = Written | Removal


class Suggestion(NamedTuple):
    """One button on the card; all its proposals go together."""

    label: Phrase
    proposals: tuple[Proposal, ...]
    recommended: bool = False


class Advice(NamedTuple):
    """One card. `situation` names the block `summary/<situation>` and the card's place in the order (`[order]` in
    card.toml).

    `detail` is what the card says below its summary, in this order. The findings' sentences are *not* added by
    themselves: name them with `finding.sentence`. What was not assessed and the data-quality lines are added by the
    road: hand them over, don't write them.
    """

    situation: str
    indicator: Indicator
    values: Values
    findings: tuple[Finding, ...]
    detail: tuple[Phrase, ...]
    suggestions: tuple[Suggestion, ...] = ()
    pick: Literal["at-most-one", "any"] = "any"
    not_assessed: tuple[NotAssessed, ...] = ()
    quality: tuple[Phrase, ...] = ()


class Silence(NamedTuple):
    """No card, and the first reason why: the block `silence/<reason>`. `quality` goes onto whatever card is shown
    besides.
    """

    reason: str
    values: Values = NO_VALUES
    quality: tuple[Phrase, ...] = ()

    @property
    def sentence(self) -> Phrase:
        return Phrase(f"silence/{self.reason}", self.values)


Verdict: TypeAlias = Advice | Silence


class FacialTwitching(NamedTuple):
    """The gate's answer (clinical_rules.md, section 0).

    `kind`: T1 `hemifacial-spasm`, T1b `bilateral`, T2 `possible`, T3 `undetermined`, `post-paralytic`, `mimic`,
    `tardive`, `none`. `conditions` are the references that made it so; `quality` what could not be relied on (blocks of
    `cards/words.md`). `onset_is_recorded_date` tells that no onset was written and the date of recording stands in for
    it.
    """

    kind: Literal[
        "hemifacial-spasm", "bilateral", "possible", "undetermined", "post-paralytic", "mimic", "tardive", "none"
    ]
    reason: Phrase
    side: Side = "unknown"
    confirmed: bool = True
    dormant: bool = False
    eyelid_only: bool = False
    onset: PartialDate | None = None
    onset_is_recorded_date: bool = False
    with_trigeminal_neuralgia: bool = False
    evidence: tuple[Evidence, ...] = ()
    conditions: tuple[str, ...] = ()
    quality: tuple[Phrase, ...] = ()


class View(NamedTuple):
    """All that a rule may look at. `limits` are the card's own and the shared ones, by name; `today` is the site's
    calendar day; `hidden` are the cards that the site shows nobody: what one of them would say, it leaves unsaid.
    """

    record: PatientRecord
    twitching: FacialTwitching
    limits: Mapping[str, float]
    today: date
    hidden: frozenset[str] = frozenset()
