"""Looking into one resource without assuming its shape: a list for one thing, one thing for a list, nulls, wrong types.

Every function takes any JSON value and answers with what is usable of it.
"""

from math import isfinite
from typing import Any, Final, TypeAlias

from cds_service.fhir.codings import code_text, coding
from cds_service.record import Coding, Concept, Quantity

Resource: TypeAlias = dict[str, Any]

# No name, sig or note of a chart is longer; what is, is read this far, so that no text costs more than its share.
LONGEST_TEXT: Final = 5_000

_UCUM: Final = ("http://unitsofmeasure.org", "https://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8", "")
_COMPARATORS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "≤": "<=", "≥": ">="}


def each(element: Any, *names: str) -> list[Any]:
    """Every value that stands under these names, alone or in a list; nulls are passed over."""
    found: list[Any] = []
    if not isinstance(element, dict):
        return found
    for name in names:
        value = element.get(name)
        if value is None:
            continue
        if isinstance(value, list):
            found += [item for item in value if item is not None]
        else:
            found.append(value)
    return found


def one(element: Any, *names: str) -> Any:
    """The first value under these names, or None."""
    if not isinstance(element, dict):
        return None
    for name in names:
        value = element.get(name)
        if isinstance(value, list):
            value = next((item for item in value if item is not None), None)
        if value is not None:
            return value
    return None


def word(element: Any, *names: str) -> str:
    """The first text under these names that isn't blank, else empty."""
    if not isinstance(element, dict):
        return ""
    for name in names:
        value = element.get(name)
        if value is None:
            continue
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, str) and (text := item[:LONGEST_TEXT].strip()):
                return text
    return ""


def flag(element: Any, *names: str) -> bool:
    """Whether one of these is true."""
    return any(value is True or (isinstance(value, str) and value.strip() == "true") for value in each(element, *names))


def number(value: Any) -> float | None:
    """A number, also one written as text; never a boolean, infinity or NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def whole_number(value: Any) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def read_coding(value: Any) -> Coding | None:
    """A Coding with a code or at least a display, or None."""
    code = value.get("code") if isinstance(value, dict) else None
    code = code_text(code) if isinstance(code, (str, int, float)) and not isinstance(code, bool) else ""
    display = word(value, "display")
    return coding(word(value, "system"), code, display) if code or display else None


def concept(value: Any) -> Concept:
    """What a CodeableConcept, CodeableReference, Coding, Reference (by its display) or mere string says."""
    if isinstance(value, str):
        return Concept((), value[:LONGEST_TEXT].strip())
    if not isinstance(value, dict):
        return Concept()
    inner = one(value, "concept")
    if inner is not None or isinstance(value.get("reference"), dict):
        said = _concept(inner)
        return said if said else Concept((), word(value.get("reference"), "display"))
    return _concept(value)


def _concept(value: Any) -> Concept:
    text = word(value, "text")
    if isinstance(value, dict) and "coding" not in value:
        bare = read_coding(value)
        if bare is not None and bare.code:
            return Concept((bare,), text)
        return Concept((), text or word(value, "display"))
    return Concept(tuple(c for item in each(value, "coding") if (c := read_coding(item)) is not None), text)


def concepts(element: Any, *names: str) -> tuple[Concept, ...]:
    """Every concept under these names that says anything."""
    return tuple(said for value in each(element, *names) if (said := concept(value)))


def first_concept(element: Any, *names: str) -> Concept:
    return next(iter(concepts(element, *names)), Concept())


def status_word(value: Any, *names: str) -> str:
    """A status in lower case: a code since the beginning, a CodeableConcept for some kinds since R4."""
    for status in each(value, *names):
        said = concept(status)
        found = next((c.code for c in said.codings if c.code), "") or said.text
        if found:
            return found.casefold()
    return ""


def code_words(element: Any, *names: str) -> tuple[str, ...]:
    """Every code of these concepts; the text of those that carry no code."""
    said = concepts(element, *names)
    return tuple(word for one in said for word in ([c.code for c in one.codings if c.code] or [one.label]) if word)


def notes(element: Any, *names: str) -> tuple[str, ...]:
    """The texts of Annotations, or of the mere strings that older releases have."""
    found = (
        n[:LONGEST_TEXT].strip() if isinstance(n, str) else word(n, "text")
        for n in each(element, *(names or ("note", "notes")))
    )
    return tuple(text for text in found if text)


def unit_of(value: Any) -> str:
    """The UCUM code where there is one, else the unit's text."""
    code, text = word(value, "code"), word(value, "unit", "units")
    return code if code and word(value, "system") in _UCUM else text or code


def quantity(value: Any) -> Quantity | None:
    """A Quantity, a Range (one open end becomes a comparator), or a bare number."""
    if not isinstance(value, dict):
        alone = number(value)
        return None if alone is None else Quantity(alone, alone)
    if "low" in value or "high" in value:
        return _range(one(value, "low"), one(value, "high"))
    found = number(value.get("value"))
    if found is None:
        return None
    return Quantity(found, found, unit_of(value), _COMPARATORS.get(word(value, "comparator"), ""))


def _range(low: Any, high: Any) -> Quantity | None:
    lowest, highest = quantity(low) if _plain(low) else None, quantity(high) if _plain(high) else None
    if lowest is None or highest is None:
        end = lowest or highest
        return None if end is None else end._replace(comparator=">=" if lowest else "<=")
    ends = sorted((lowest.low, highest.low))
    return Quantity(ends[0], ends[1], lowest.unit or highest.unit)


def _plain(value: Any) -> bool:
    """No range inside a range."""
    return not (isinstance(value, dict) and ("low" in value or "high" in value))


def first_quantity(element: Any, *names: str) -> Quantity | None:
    return next((found for value in each(element, *names) if (found := quantity(value)) is not None), None)


def age_years(value: Any) -> float | None:
    """An Age (or the low end of a Range of ages) in years."""
    found = quantity(value)
    if found is None:
        return None
    per_year = _PER_YEAR.get(found.unit.casefold())
    return None if per_year is None else found.low / per_year


_PER_YEAR: Final = {
    **dict.fromkeys(("", "a", "yr", "yrs", "year", "years"), 1.0),
    **dict.fromkeys(("mo", "month", "months"), 12.0),
    **dict.fromkeys(("wk", "week", "weeks"), 52.1775),
    **dict.fromkeys(("d", "day", "days"), 365.2425),
}
