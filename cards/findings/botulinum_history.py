"""When botulinum toxin was injected, as far as the record shows: one event for each injection (clinical_rules.md 2.1
and 2.2).

Entries of the same injection – the clinic's procedure, the dose given, the patient's word – lie at most three days
apart and don't name different products or purposes. They make one event: the strongest tier, the best date, the highest
dose.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from cards.findings.botulinum_entries import Entry, Source, entries, injected
from cards.findings.botulinum_products import Product, product_of, product_used
from cards.findings.botulinum_purpose import Purpose
from cds_service.advice import Evidence
from cds_service.record import MedicationUse, PartialDate, PatientRecord

_TIERS: Final[Mapping[Source, Literal["A", "B", "C"]]] = {
    "given": "A",
    "reported": "B",
    "supplied": "B",
    "ordered": "C",
    "course": "C",
}


class Injection(NamedTuple):
    """`on` never reaches beyond today; `span_days` is how far apart its earliest and latest day were before that cap.

    `units` are the product's own, None where no dose was recorded. `remarks` hold outcomes and notes of its entries.
    """

    on: PartialDate
    span_days: int
    source: Source
    product: Product
    purpose: Purpose
    units: float | None
    evidence: tuple[Evidence, ...]
    remarks: tuple[str, ...] = ()

    @property
    def is_for_the_face(self) -> bool:
        return self.purpose != "other"


class BotulinumHistory(NamedTuple):
    """`injections` from the earliest to the latest. `undated`: treated, but when cannot be read. `future`: dated after
    tomorrow, so not believed. `on_hold`: entries that pause it. `unresolved`: how many medicines could not be looked up
    or named.
    """

    injections: tuple[Injection, ...] = ()
    undated: tuple[Evidence, ...] = ()
    future: tuple[Evidence, ...] = ()
    on_hold: tuple[Evidence, ...] = ()
    unresolved: int = 0

    @property
    def for_the_face(self) -> tuple[Injection, ...]:
        """Those given for the spasm, or for no recorded reason."""
        return tuple(injection for injection in self.injections if injection.is_for_the_face)

    @property
    def last_for_the_face(self) -> Injection | None:
        """The event whose latest possible day is the latest: `L` of clinical_rules.md 2.2."""
        return self.for_the_face[-1] if self.for_the_face else None

    @property
    def last_injected(self) -> Injection | None:
        """The latest that was given or reported, not merely supplied or ordered: those may be for a visit to come."""
        return next((i for i in reversed(self.injections) if i.source not in ("supplied", "ordered")), None)

    @property
    def last(self) -> Injection | None:
        """The latest for whatever reason: `Lany`, from which the earliest safe date counts."""
        return self.injections[-1] if self.injections else None


def history(record: PatientRecord, today: date, limits: Mapping[str, float]) -> BotulinumHistory:
    """All injections on record. Limits used: `botulinum_same_event_days`, `botulinum_single_course_days`,
    `botulinum_zone_slack_days`.
    """
    found = tuple(entries(record, today, limits))
    tomorrow = today + timedelta(days=limits["botulinum_zone_slack_days"])
    dated = [e for e in found if e.on is not None and e.on.earliest <= tomorrow]
    return BotulinumHistory(
        injections=_events(dated, today, limits["botulinum_same_event_days"]),
        undated=tuple(e.evidence for e in found if e.on is None and e.purpose != "other" and not e.weak),
        future=tuple(e.evidence for e in found if e.on is not None and e.on.earliest > tomorrow and not e.weak),
        on_hold=_on_hold(record),
        unresolved=sum(_is_unreadable(use) for use in record.medications),
    )


def _events(dated: Iterable[Entry], today: date, same_days: float) -> tuple[Injection, ...]:
    """The entries, gathered round the best of each injection: exact before vague, then by tier, then the later."""
    groups: list[list[Entry]] = []
    for entry in sorted(dated, key=_quality):
        group = next((g for g in groups if _is_same(entry, g, same_days)), None)
        if group is not None:
            group.append(entry)
        elif not entry.weak:
            groups.append([entry])
    events = (_event(group, today) for group in groups)
    return tuple(sorted(events, key=lambda e: (e.on.latest, e.on.earliest)))


def _quality(entry: Entry) -> tuple[bool, int, str, int, str]:
    on = entry.on or PartialDate(date.max, date.max)
    span = (on.latest - on.earliest).days
    return entry.weak, span, _TIERS[entry.source], -on.latest.toordinal(), entry.evidence.reference


def _is_same(entry: Entry, group: list[Entry], same_days: float) -> bool:
    anchor, on = group[0].on, entry.on
    if anchor is None or on is None or (entry.weak and not any(_TIERS[e.source] == "A" for e in group)):
        return False
    if on.is_exact and anchor.is_exact:
        near = abs((on.earliest - anchor.earliest).days) <= same_days
    else:
        near = on.earliest <= anchor.latest and anchor.earliest <= on.latest
    known = {e.product for e in group if e.product.is_known}
    purposes = {e.purpose for e in group} - {"assumed"}
    return (
        near
        and (not entry.product.is_known or known <= {entry.product})
        and (entry.purpose == "assumed" or purposes <= {entry.purpose})
    )


def _event(group: list[Entry], today: date) -> Injection:
    on = group[0].on or PartialDate(today, today)
    products = [e.product for e in group]
    purposes = [e.purpose for e in group]
    return Injection(
        on=on._replace(earliest=min(on.earliest, today), latest=min(on.latest, today)),
        span_days=(on.latest - on.earliest).days,
        source=min((e for e in group if not e.weak), key=lambda e: _TIERS[e.source]).source,
        product=next((p for p in products if p.is_known), products[0]),
        purpose=next((p for p in purposes if p != "assumed"), "assumed"),
        units=_units(group),
        evidence=tuple(e.evidence for e in group),
        remarks=tuple(remark for e in group for remark in e.remarks),
    )


def _units(group: list[Entry]) -> float | None:
    """The dose of one injection. Entries repeat each other, so the highest counts; different sites of the face are
    added up.
    """
    by_site: dict[str, float] = {}
    for site, units in (dose for entry in group for dose in entry.doses):
        by_site[site] = max(units, by_site.get(site, 0.0))
    whole = by_site.pop("", 0.0)
    return max(whole, sum(by_site.values())) or None


def _on_hold(record: PatientRecord) -> tuple[Evidence, ...]:
    uses = (
        Evidence(u.reference, "", u.medication.label)
        for u in record.medications
        if u.status == "on-hold" and product_used(u)
    )
    done = (
        Evidence(p.reference, "", p.code.label) for p in record.procedures if p.status == "on-hold" and injected(p.code)
    )
    orders = (
        Evidence(o.reference, "", o.code.label) for o in record.orders if o.status == "on-hold" and product_of(o.code)
    )
    return (*uses, *done, *orders)


def _is_unreadable(use: MedicationUse) -> bool:
    """A reference that led nowhere and has no name: it may be the toxin, nobody can tell."""
    return use.unresolved and not use.medication and use.status in ("completed", "active")
