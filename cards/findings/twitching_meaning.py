"""What one entry, a diagnosis or the reason of a medicine, says about facial movement, whatever its status.

Source: clinical_rules.md 0.2–0.5. Codes first; the text is searched for terms only where no code says anything.
"""

from typing import Final, Literal, NamedTuple

from cards.findings import twitching_codes as codes
from cards.findings import twitching_terms as terms
from cards.findings.clinical_text import Standing, asserts, fold, mentions, standing
from cards.findings.laterality import laterality
from cards.findings.twitching_sites import is_eyelid_only, sites
from cds_service.advice import Side
from cds_service.record import Coding, Concept, Condition

MeaningKind = Literal["hemifacial-spasm", "possible", "post-paralytic", "tardive", "mimic", "none"]
NOT_OF_THE_PATIENT: Final = ("denied", "elsewhere")
ONE_SIDE: Final = ("left", "right", "unilateral")


class Meaning(NamedTuple):
    """`reason` is the block `gate/<reason>` that says why; with kind `none` it says why the entry is no evidence.

    `standing`: how a text means it (a code asserts). `names_spasm`: it is about hemifacial spasm, if only to deny it.
    """

    kind: MeaningKind
    reason: str
    side: Side = "unknown"
    standing: Standing = "asserted"
    eyelid_only: bool = False
    with_neuralgia: bool = False
    tic_like: bool = False
    names_spasm: bool = False
    quality: tuple[str, ...] = ()


def meaning(condition: Condition, minor: bool) -> Meaning | None:
    """What this entry says, or None if it is not about facial movement. `minor`: surely below the age for tics."""
    codings = tuple(codes.normalised(coding) for coding in condition.code.codings)
    condition = condition._replace(code=Concept(codings, condition.code.text))
    words = "\n".join(dict.fromkeys(condition.code.words))
    found = _by_code(condition, words, minor)
    if found is None and not any(codes.is_known(coding) for coding in codings):
        found = _by_text(condition, words, minor)
    if found is None or found.kind == "none":
        return found
    where = laterality(condition)
    quality = (*found.quality, *(("sides-disagree",) if where.contradictory else ()))
    return found._replace(side=where.side, quality=quality)


def _mimic(name: str) -> Meaning:
    return Meaning("tardive" if name == "tardive" else "mimic", name)


def _meant(found: Meaning, how: Standing) -> Meaning:
    """The finding as the text means it; what is denied, or said of somebody else, is none."""
    return found._replace(kind="none", reason=how) if how in NOT_OF_THE_PATIENT else found._replace(standing=how)


def _by_code(condition: Condition, words: str, minor: bool) -> Meaning | None:
    codings = condition.code.codings
    classes = {kind for coding in codings if (kind := codes.code_class(coding))}
    if classes & {"hemifacial-spasm", "bilateral"}:
        return _spasm_by_code(words, disagree=bool(classes & {*codes.MIMICS, "synkinesis"}))
    if synkinesis := _synkinesis(codings, words):
        return synkinesis
    for name in codes.MIMICS:
        if name in classes:
            return _blepharospasm(condition, words) if name == "blepharospasm" else _mimic(name)
    if "possible" in classes:
        return _possible_by_code(condition, words, minor)
    how = standing(words, terms.LEGACY_SUPPORT) if any(c.code in codes.LEGACY for c in codings) else None
    return _meant(Meaning("hemifacial-spasm", "hemifacial-spasm", names_spasm=True), how) if how else None


def _spasm_by_code(words: str, disagree: bool) -> Meaning:
    """The code decides; a text that speaks of the family drops it (0.1), one that denies it leaves it suspected."""
    how = standing(words, terms.STRONG) or "asserted"
    spasm = Meaning(
        "hemifacial-spasm",
        "hemifacial-spasm",
        with_neuralgia=asserts(words, terms.WITH_NEURALGIA),
        names_spasm=True,
        quality=("codings-disagree",) * disagree + ("text-denies-code",) * (how == "denied"),
    )
    return _meant(spasm, "suspected" if how == "denied" else how)


def _synkinesis(codings: tuple[Coding, ...], words: str) -> Meaning | None:
    """A code of its own, or the residual class G51.8 with synkinesis or the palsy before it in the text (0.5 b)."""
    after_palsy = any(c.code in codes.AFTER_PALSY for c in codings)
    own_code = any(codes.code_class(c) == "synkinesis" and c.code not in codes.AFTER_PALSY for c in codings)
    if own_code or (after_palsy and (asserts(words, terms.SYNKINESIS) or asserts(words, terms.AFTER_PALSY))):
        return Meaning("post-paralytic", "post-paralytic")
    return None


def _blepharospasm(condition: Condition, words: str) -> Meaning:
    """True blepharospasm is bilateral: one-sided with the lower face it is possible hemifacial spasm (0.5 c [E12])."""
    if "lower" in sites(condition, words) and laterality(condition).side in ONE_SIDE:
        return Meaning("possible", "one-sided-blepharospasm")
    return _mimic("blepharospasm")


def _possible_by_code(condition: Condition, words: str, minor: bool) -> Meaning:
    possible = [c.code for c in condition.code.codings if codes.code_class(c) == "possible"]
    where = sites(condition, words)
    if not where and codes.NEEDS_FACIAL_SITE.issuperset(possible):
        return Meaning("none", "no-facial-site")
    tic_like = codes.TIC_LIKE.issuperset(possible)
    if tic_like and minor:
        return _mimic("tic")
    how = standing(words, terms.WEAK) or "asserted"
    twitching = Meaning("possible", "possible", eyelid_only=is_eyelid_only(where), tic_like=tic_like)
    return _meant(twitching, "suspected" if how == "denied" else how)


def _by_text(condition: Condition, words: str, minor: bool) -> Meaning | None:
    none: Meaning | None = None
    for found in (_spasm_by_text(words), _possible_by_text(condition, words, minor), _mimic_by_text(condition, words)):
        if found is not None and found.kind != "none":
            return found
        none = none or found
    return none


def _spasm_by_text(words: str) -> Meaning | None:
    neuralgia = standing(words, terms.WITH_NEURALGIA)
    how = standing(words, terms.STRONG) or neuralgia or _abbreviation(words)
    if how is None:
        return None
    with_neuralgia = neuralgia is not None and neuralgia not in NOT_OF_THE_PATIENT
    return _meant(Meaning("hemifacial-spasm", "hemifacial-spasm", with_neuralgia=with_neuralgia, names_spasm=True), how)


def _abbreviation(words: str) -> Standing | None:
    """ "HFS" is also hand-foot syndrome: it counts with a question mark, or next to a face, a side or a spasm."""
    how, folded = standing(words, terms.ABBREVIATION), fold(words)
    if terms.ABBREVIATION_OTHER_MEANING.search(folded):
        return None
    return how if "?" in folded or terms.ABBREVIATION_COMPANY.search(folded) else None


def _possible_by_text(condition: Condition, words: str, minor: bool) -> Meaning | None:
    found = mentions(words, terms.WEAK)
    tic_like = not found
    found = found or mentions(words, terms.FACIAL_TIC)
    if not found:
        return None
    how = standing(words, terms.FACIAL_TIC if tic_like else terms.WEAK) or "asserted"
    if how not in NOT_OF_THE_PATIENT:
        if tic_like and minor:
            return _mimic("tic")
        if any(asserts(mention.clause, terms.EXCLUDED) for mention in found):
            return Meaning("none", "other-part")
        if asserts(words, terms.MIMICS["blepharospasm"]) and laterality(condition).side not in ONE_SIDE:
            return _mimic("blepharospasm")
    where = is_eyelid_only(sites(condition, words))
    return _meant(Meaning("possible", "possible", eyelid_only=where, tic_like=tic_like), how)


def _mimic_by_text(condition: Condition, words: str) -> Meaning | None:
    if asserts(words, terms.SYNKINESIS):
        return Meaning("post-paralytic", "post-paralytic")
    name = next((name for name, pattern in terms.MIMICS.items() if asserts(words, pattern)), None)
    return _blepharospasm(condition, words) if name == "blepharospasm" else _mimic(name) if name else None
