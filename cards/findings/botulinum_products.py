"""Which botulinum toxin an entry of the record means: by code, else by name (clinical_rules.md 2.1 and 2.4).

Antitoxin (ATC J06AA04) and vaccines are never the toxin. Units are not interchangeable between products: nothing here
converts.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from cards.findings.clinical_text import asserts, fold
from cards.findings.labels import label
from cards.findings.vocabulary import any_of, table, vocabulary
from cards.value_sets import value_set
from cds_service.advice import Name
from cds_service.record import Concept, MedicationUse

_EXCLUDED = "botulinum_excluded"


class Product(NamedTuple):
    """`name` for people; `key` names its value set and ends the names of its limits (`min_days_<key>`)."""

    name: Name
    key: str

    @property
    def is_known(self) -> bool:
        return self.key != "unspecified"


def words() -> Mapping[str, re.Pattern[str]]:
    """The patterns of `botulinum_terms.toml`, for folded text."""
    return vocabulary("botulinum_terms")


@cache
def products() -> tuple[Product, ...]:
    """Every product that can be told apart (clinical_rules.md 2.4), the unspecified one last."""
    return tuple(Product(Name(name), key) for key, name in table("botulinum_terms")["names"].items())


def product_of(*concepts: Concept) -> Product | None:
    """The product that these concepts (one entry's medication and ingredients) name; None where it is no toxin.

    A product's own code decides, then a name. Two products in one entry, or only the class, give the unspecified one.
    """
    *known, unspecified = products()
    codes = {_codes().get((c.system, c.code), "") for concept in concepts for c in concept.codings} - {""}
    texts = [text for concept in concepts for word in concept.words if _any_word().search(text := fold(word))]
    if not (codes or texts) or _EXCLUDED in codes or any(words()["not_the_toxin"].search(text) for text in texts):
        return None
    named = [p for p in known if p.key in codes]
    named = named or [p for p in known if any(words()[p.key].search(text) for text in texts)]
    return named[0] if len(named) == 1 else unspecified


def product_meant(concept: Concept) -> Product | None:
    """The product that a concept names, unless every wording that names one denies it ("no known allergy to Botox")."""
    naming = [text for word in concept.words if _any_word().search(text := fold(word))]
    is_denied = bool(naming) and not any(asserts(text, _any_word()) for text in naming)
    return None if is_denied else product_of(concept)


@cache
def _codes() -> Mapping[tuple[str, str], str]:
    """Every code of botulinum toxin → the key of its product, and those of the antitoxin."""
    keys = {product.key: product.key for product in products() if product.is_known}
    keys |= {"botulinum_atc": products()[-1].key, "botulinum_unspecified": products()[-1].key}
    keys[_EXCLUDED] = _EXCLUDED
    return {(row["system"], row["code"]): key for name, key in keys.items() for row in value_set(name)}


@cache
def _any_word() -> re.Pattern[str]:
    """One look that settles it for nearly every medicine."""
    return any_of(*(words()[product.key].pattern for product in products()))


def product_used(use: MedicationUse) -> Product | None:
    """The botulinum toxin that this entry about a medicine is about, or None."""
    return product_of(use.medication, *(ingredient.item for ingredient in use.ingredients))


def named(concept: Concept) -> str:
    """What to call an entry about the toxin, also where it came as a bare code."""
    return label(concept, "chemodenervation", "botulinum_atc", *(p.key for p in products() if p.is_known))


def mentions_toxin(*texts: str) -> bool:
    """Whether free text names botulinum toxin or one of its products."""
    return any(product_of(Concept((), text)) is not None for text in texts)
