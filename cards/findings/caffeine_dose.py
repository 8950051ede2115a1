"""What one medicine's dosages make of caffeine a day (clinical_rules.md 3.1): fixed, as needed, or unknown with the
reason why.
"""

from collections.abc import Mapping
from datetime import date
from math import inf
from typing import Literal, NamedTuple

from cards.findings.caffeine_products import DosedProduct, is_by_mouth
from cards.findings.clinical_text import fold
from cards.findings.dosage_frequency import Range, doses_a_day, in_force
from cards.findings.dosage_text import WrittenDosage, read_dosage
from cards.findings.vocabulary import table
from cds_service.record import Dosage, Quantity

Unknown = Literal["", "strength", "dose", "frequency", "as-needed"]


class Portion(NamedTuple):
    """One dosage in milligrams a day. `fixed` is taken anyway, up to `as_needed` may come on top; `unknown` says what
    is not recorded.

    `dose` is caffeine in mg at a time, `times` a day: for display. `written` is the dosage's own text.
    """

    fixed: Range = Range(0, 0)
    as_needed: float = 0.0
    unknown: Unknown = ""
    dose: Range | None = None
    times: Range | None = None
    written: str = ""


def portions(
    product: DosedProduct, dosages: tuple[Dosage, ...], today: date, limits: Mapping[str, float]
) -> tuple[Portion, ...]:
    """Each dosage by mouth that holds today. No dosage at all: unknown. Dosages in sequence: the one in force, else
    the greatest.
    """
    if not dosages:
        return (Portion(unknown="frequency" if product.mg is not None else "strength"),)
    taken = [d for d in dosages if is_by_mouth(d.route)]
    return tuple(_portion(product, d, today, limits) for d in _at_present(product, taken, today, limits))


def _at_present(product: DosedProduct, dosages: list[Dosage], today: date, limits: Mapping[str, float]) -> list[Dosage]:
    """Dosages of one sequence number (or none) are taken side by side; different numbers follow each other."""
    steps: dict[int | None, list[Dosage]] = {}
    for dosage in dosages:
        steps.setdefault(dosage.sequence, []).append(dosage)
    if len(steps) < 2:
        return dosages
    dated = [step for step in steps.values() if any(_is_dated_for(dosage, today) for dosage in step)]
    if dated:
        return [dosage for step in dated for dosage in step]

    def most(step: list[Dosage]) -> float:
        found = [_portion(product, dosage, today, limits) for dosage in step]
        return sum(portion.fixed.high + portion.as_needed for portion in found)

    return max(steps.values(), key=most)


def _is_dated_for(dosage: Dosage, today: date) -> bool:
    bounds = dosage.timing.bounds if dosage.timing else None
    return bounds is not None and in_force(bounds, today)


def _portion(product: DosedProduct, dosage: Dosage, today: date, limits: Mapping[str, float]) -> Portion:
    written = read_dosage(dosage.text)
    times = doses_a_day(dosage.timing, today) or (written.times if _holds(dosage, today) else Range(0, 0))
    as_needed = dosage.as_needed or written.as_needed
    dose = _dose(product, dosage, written, limits)
    most = _most_a_day(product, dosage, written, dose)
    amount = dose.times(times) if dose is not None and times is not None else None
    amount = amount if amount is not None and amount.is_sound else None
    if times == Range(0, 0):
        return Portion(dose=dose, times=times, written=dosage.text)
    if as_needed and (amount is not None or most is not None):
        upper = min(value for value in (amount.high if amount else None, most) if value is not None)
        return Portion(as_needed=upper, dose=dose, times=times, written=dosage.text)
    if amount is None:
        unknown = _what_is_unknown(product, dose, as_needed)
        return Portion(as_needed=most or 0.0, unknown=unknown, dose=dose, times=times, written=dosage.text)
    if most is not None:
        amount = Range(min(amount.low, most), min(amount.high, most))
    return Portion(fixed=amount, dose=dose, times=times, written=dosage.text)


def _holds(dosage: Dosage, today: date) -> bool:
    return dosage.timing is None or in_force(dosage.timing.bounds, today)


def _what_is_unknown(product: DosedProduct, dose: Range | None, as_needed: bool) -> Unknown:
    if dose is None:
        return "strength" if product.mg is None else "dose"
    return "as-needed" if as_needed else "frequency"


def _dose(product: DosedProduct, dosage: Dosage, written: WrittenDosage, limits: Mapping[str, float]) -> Range | None:
    """Caffeine at a time in mg: from the coded dose, else from its words."""
    if dosage.dose is not None:
        return _caffeine(product, Range(dosage.dose.low, dosage.dose.high), dosage.dose.unit, limits)
    return _caffeine(product, written.dose, written.unit, limits) if written.dose else None


def _caffeine(product: DosedProduct, amount: Range, unit: str, limits: Mapping[str, float]) -> Range | None:
    """The caffeine in so many pieces, millilitres or milligrams. Milligrams of a combination tell nothing (decision
    28).
    """
    if not amount.is_sound:
        return None
    name = fold(unit).strip("{}").removesuffix("(s)")
    mass, volume = table("caffeine_products")["mass"].get(name), table("caffeine_products")["volume"].get(name)
    if mass is not None:
        share = float(table("caffeine_products")["salt"]["citrate_share"]) if product.citrate else 1.0
        return Range(amount.low * mass * share, amount.high * mass * share) if product.single else None
    if product.mg is None:
        return None
    if volume is not None:
        return Range(amount.low * volume * product.mg, amount.high * volume * product.mg) if product.per_ml else None
    plausible = amount.high <= limits["caffeine_most_pieces"]
    if name in table("caffeine_products")["pieces"]["units"] and not product.per_ml and plausible:
        return Range(amount.low * product.mg, amount.high * product.mg)
    return None


def _most_a_day(product: DosedProduct, dosage: Dosage, written: WrittenDosage, dose: Range | None) -> float | None:
    """The greatest amount a day in mg of caffeine: the coded maximum for a period, else the written one."""
    if dosage.max_dose is not None and dosage.max_dose_days:
        most, unit, days = dosage.max_dose, dosage.max_dose.unit, dosage.max_dose_days
    elif written.most is not None:
        most, unit, days = Quantity(written.most, written.most), written.most_unit or _unit(dosage, written), 1.0
    else:
        return None
    if fold(unit).strip("{}") in ("dose", "doses"):
        caffeine = dose.times(Range(most.high, most.high)) if dose else None
    else:
        caffeine = _caffeine(product, Range(most.high, most.high), unit, {"caffeine_most_pieces": inf})
    if caffeine is None or not days > 0:
        return None
    a_day = Range(caffeine.high / days, caffeine.high / days)
    return a_day.high if a_day.is_sound else None


def _unit(dosage: Dosage, written: WrittenDosage) -> str:
    """ "max 8/day" means eight of what is taken at a time."""
    return dosage.dose.unit if dosage.dose else written.unit
