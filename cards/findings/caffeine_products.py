"""Which medicines hold caffeine, and how much in a tablet or millilitre (clinical_rules.md 3.1; decision 28 of
section 11).
"""

import re
from functools import cache
from math import inf
from typing import NamedTuple

from cards.findings.clinical_text import fold
from cards.findings.medication_exposure import wordings
from cards.findings.vocabulary import any_of, table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Name
from cds_service.record import SNOMED, Concept, Ingredient, MedicationUse

_PRODUCTS = ("caffeine_products", "caffeine_products_branded")
_CAFFEINE_ATC = "N06BC01"
# Between the names of ingredients; a bare stroke or hyphen only between whole names (not "l-theanine").
_PARTS = re.compile(
    r" ?/ (?=[a-z])| and | \+ |; |(?<=[a-z]{3})[/-](?=[a-z]{4})|(?<=mg)[/-](?=[a-z][a-z-]{3})(?!dose|unit|scoop)"
)
_FORM = re.compile(r"[\d{(\[].*$|\b(?:oral|tablets?|tabs?|capsules?|caps?|solution|pills?)\b.*$")


class DosedProduct(NamedTuple):
    """`mg` of what is counted (caffeine; baclofen too) in one piece, or in one mL when `per_ml`; None: unknown
    strength. `single`: nothing else in it.

    `composition` are the ingredients' names as far as they are written, to recognise the same product in another entry.
    """

    label: str
    mg: float | None = None
    per_ml: bool = False
    single: bool = False
    citrate: bool = False
    composition: tuple[str, ...] = ()


def caffeine_product(use: MedicationUse) -> DosedProduct | None:
    """The caffeine product that this entry is about, or None. Strength: the RxNorm product, else the words, else the
    ingredient.
    """
    concepts = (use.medication, *(i.item for i in use.ingredients))
    words = wordings(use)
    if not _may_be_one(concepts, words):
        return None
    row = next((row for c in concepts for name in _PRODUCTS if (row := value_set(name).match(c))), None)
    if row is None and not _holds_caffeine(concepts, words):
        return None
    if _is_external(words if row is None else (*words, fold(row["display"]))):
        return None
    citrate = any(_pattern("citrate").search(w) and _pattern("caffeine").search(w) for w in words)
    composition = _composition((fold(row["display"]),) if row else words, use.ingredients)
    label = (
        use.medication.label or next((i.item.label for i in use.ingredients if i.item.label), "") or Name("caffeine")
    )
    product = DosedProduct(label, single=_is_single(composition, concepts), citrate=citrate, composition=composition)
    if row is not None:
        return product._replace(mg=float(row["caffeine_mg"]), per_ml=row["basis"] == "per mL")
    return _with_strength(product, words, use.ingredients)


def _pattern(name: str) -> re.Pattern[str]:
    return vocabulary("caffeine_products")[name]


def _may_be_one(concepts: tuple[Concept, ...], words: tuple[str, ...]) -> bool:
    """A quick look, as most medicines are none: any code of these value sets, or any word for caffeine."""
    codes, named = _first_look()
    return any((k.system, k.code) in codes for c in concepts for k in c.codings) or any(map(named.search, words))


def _holds_caffeine(concepts: tuple[Concept, ...], words: tuple[str, ...]) -> bool:
    if any(_pattern("without_caffeine").search(w) for w in words):
        return False
    if any(value_set(name).match(c) for c in concepts for name in ("caffeine_ingredient", "caffeine_brands")):
        return True
    if any(_pattern("caffeine").search(w) or _pattern("brands").search(w) for w in words):
        return True
    rows = [row for c in concepts if (row := value_set("caffeine_atc").match(c))]
    if any(row["code"] == _CAFFEINE_ATC for row in rows):
        return True
    # Where all ingredients are written out, caffeine would be among them.
    return bool(rows) and not any(_pattern("other_partner").search(w) or len(_PARTS.split(w)) > 1 for w in words)


def _is_external(words: tuple[str, ...]) -> bool:
    """A cream, a shampoo, an injection: by its own form."""
    return any(_pattern("not_by_mouth").search(w) for w in words)


def is_by_mouth(route: Concept) -> bool:
    """By mouth or rectum, as far as is known: no route, or one that is only a foreign code, is given the benefit of
    the doubt.
    """
    codes = {c.code for c in route.codings if c.system == SNOMED}
    routes = table("caffeine_products")["routes"]
    if codes & set(routes["by_mouth"]):
        return True
    if codes & set(routes["not_by_mouth"]):
        return False
    words = [fold(w) for w in route.words]
    return not words or any(_pattern("by_mouth").search(w) for w in words)


def _composition(words: tuple[str, ...], ingredients: tuple[Ingredient, ...]) -> tuple[str, ...]:
    """The names of the ingredients, sorted; from the wording that names most of them."""
    parts = [{_FORM.sub("", part).strip(" ,()") for part in _PARTS.split(w)} - {""} for w in words]
    parts.append({fold(i.item.label) for i in ingredients if i.item.label})
    most = max(len(names) for names in parts)
    return tuple(sorted(next(names for names in parts if len(names) == most)))


def _is_single(composition: tuple[str, ...], concepts: tuple[Concept, ...]) -> bool:
    if len(composition) == 1:
        return any(_pattern(name).search(composition[0]) for name in ("caffeine", "caffeine_alone"))
    coded = any(value_set("caffeine_ingredient").match(c) for c in concepts)
    return not composition and (coded or any(k.code == _CAFFEINE_ATC for c in concepts for k in c.codings))


def _with_strength(product: DosedProduct, words: tuple[str, ...], ingredients: tuple[Ingredient, ...]) -> DosedProduct:
    listed = next((mg for w in words if (mg := _in_list(w)) is not None), None)
    if listed is not None:
        return product._replace(mg=listed * _share(product.citrate))
    for pattern in _strengths():
        for match in (m for w in words if (m := pattern.search(w))):
            found = _written_strength(product, match)
            if found is not None:
                return found
    for ingredient in ingredients:
        found = _listed_strength(product, ingredient)
        if found is not None:
            return found
    return product


def _written_strength(product: DosedProduct, match: re.Match[str]) -> DosedProduct | None:
    parts = match.groupdict()
    per_unit = parts.get("per_unit") or ""
    if per_unit in ("day", "d", "24"):
        return None
    per = float((parts.get("per") or "1").replace(",", "."))
    salt = bool(_pattern("citrate").search(match[0])) or product.citrate
    mg = float(parts["amount"].replace(",", ".")) * table("caffeine_products")["mass"][parts["unit"]] * _share(salt)
    per_ml = table("caffeine_products")["volume"].get(per_unit)
    return _of_strength(product._replace(citrate=salt), mg, per, per_ml)


def _in_list(wording: str) -> float | None:
    """Caffeine's milligrams where names and strengths are listed side by side, as many of one as of the other."""
    named, given = (pattern.search(wording) for pattern in _lists())
    if named is None or given is None:
        return None
    names = re.split(r" ?[-/] ?", named[0])
    strengths = [float(n.replace(",", ".")) for n in re.findall(r"\d+(?:[.,]\d+)?", given[0])]
    if len(names) != len(strengths):
        return None
    of_caffeine = [mg for name, mg in zip(names, strengths, strict=True) if _pattern("caffeine").search(name)]
    return of_caffeine[0] or None if of_caffeine else None


def _listed_strength(product: DosedProduct, ingredient: Ingredient) -> DosedProduct | None:
    words = [fold(w) for w in ingredient.item.words]
    coded = value_set("caffeine_ingredient").match(ingredient.item)
    strength = ingredient.strength
    if strength is None or not (coded or any(_pattern("caffeine").search(w) for w in words)):
        return None
    factor = table("caffeine_products")["mass"].get(fold(strength.unit))
    if factor is None:
        return None
    salt = any(_pattern("citrate").search(w) for w in (*words, fold(coded["display"]) if coded else ""))
    per_ml = table("caffeine_products")["volume"].get(fold(ingredient.per_unit))
    return _of_strength(product._replace(citrate=salt), strength.low * factor * _share(salt), ingredient.per, per_ml)


def _of_strength(product: DosedProduct, mg: float, per: float, per_ml: float | None) -> DosedProduct | None:
    """With so many mg in so many pieces (or units of volume); None for what is no strength."""
    amount = per * (per_ml or 1)
    strength = mg / amount if amount > 0 else 0.0
    return product._replace(mg=strength, per_ml=per_ml is not None) if 0 < strength < inf else None


def _share(citrate: bool) -> float:
    return float(table("caffeine_products")["salt"]["citrate_share"]) if citrate else 1.0


@cache
def _first_look() -> tuple[frozenset[tuple[str, str]], re.Pattern[str]]:
    sets = (*_PRODUCTS, "caffeine_ingredient", "caffeine_brands", "caffeine_atc")
    codes = frozenset((row["system"], row["code"]) for name in sets for row in value_set(name))
    words = [*table("caffeine_products")["caffeine"], *table("caffeine_products")["brands"]]
    # The beginning of a word is asked for once: ten times as fast as in every alternative.
    begun = any_of(*(word.removeprefix(r"\b") for word in words if word.startswith(r"\b"))).pattern
    return codes, any_of(rf"\b(?:{begun})", *(word for word in words if not word.startswith(r"\b")))


@cache
def _lists() -> tuple[re.Pattern[str], re.Pattern[str]]:
    written, number = table("caffeine_products")["listed"], table("dosage_text")["patterns"]["number"]
    return re.compile(written["names"]), re.compile(written["strengths"].replace("{n}", number))


@cache
def _strengths() -> tuple[re.Pattern[str], ...]:
    number = table("dosage_text")["patterns"]["number"]
    return tuple(re.compile(p.replace("{n}", number)) for p in table("caffeine_products")["strength"]["patterns"])
