"""Rewrites the CSV files of this folder from the project's terminology.yaml: `python -m
cards.value_sets.import_terminology FILE`.

Only entries that the terminology marks as verified are taken. One group of the terminology becomes one file, named
after the group (with its value set in front where the group's name alone would say too little). Needs PyYAML, which
only developers have.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
COLUMNS = ["system", "code", "display", "match"]

# Groups whose own name says too little.
NAMES = {
    ("hemifacial-spasm", "include_unilateral_or_unspecified"): "hemifacial_spasm",
    ("hemifacial-spasm", "include_bilateral"): "hemifacial_spasm_bilateral",
    ("hemifacial-spasm", "legacy_weak"): "hemifacial_spasm_legacy",
    ("facial-twitching-possible-hfs", "include"): "facial_twitching_possible",
    ("caffeine-products", "ingredient"): "caffeine_ingredient",
    ("caffeine-products", "atc"): "caffeine_atc",
    ("caffeine-products", "brands"): "caffeine_brands",
    ("caffeine-products", "scd"): "caffeine_products",
    ("caffeine-products", "sbd"): "caffeine_products_branded",
    ("caffeine-observations", "loinc"): "caffeine_intake",
    ("mri-orders-results", "loinc"): "mri_studies",
    ("mri-orders-results", "loinc_mra"): "mra_studies",
    ("mri-orders-results", "cpt"): "mri_procedures",
    ("mri-orders-results", "snomed"): "mri_snomed",
    ("labs", "renal"): "renal_labs",
    ("laterality-and-site", "site"): "facial_site",
    ("botulinum-toxin-products", "atc"): "botulinum_atc",
    ("botulinum-toxin-products", "excluded"): "botulinum_excluded",
    ("not-done-and-override", "snomed"): "not_done",
    ("clonazepam-opioid", "ingredients"): "opioids",
    ("hfs-oral-drugs", "others"): "hfs_oral_drugs_others",
    ("carbamazepine-safety", "hla"): "hla_b1502",
    ("botulinum-toxin-products", "unspecified_type_A"): "botulinum_unspecified",
    ("botulinum-cautions", "neuromuscular"): "neuromuscular_disorders",
    ("laterality-and-site", "left"): "side_left",
    ("laterality-and-site", "right"): "side_right",
    ("laterality-and-site", "bilateral"): "side_bilateral",
    ("laterality-and-site", "unilateral"): "side_unilateral",
    ("mri-contraindications-precautions", "renal"): "kidney_disease_severe",
}
NOT_IMPORTED = {("hemifacial-spasm", "lateralised_snomed_unresolved"), ("caffeine-observations", "reject")}

# Codes of which every longer one means the same thing (notes of the terminology: splits by year, 7th characters).
PREFIXES = set(
    "G35 G20 E20.9 E20 I63.9 H44.60 S04.50 S04.51 S04.52 S04.5 S09.90 S09.93 S06.0 T43.611 T43.615 O09.90".split()  # noqa: SIM905
)
WIDENED = {"E20.9": "E20", "I63.9": "I63", "H44.60": "H44.6", "O09.90": "O09"}
# CPT's descriptors are licensed; these are our own words for what the codes are used for here.
CPT = "http://www.ama-assn.org/go/cpt"
CPT_WORDS = {
    "64612": "botulinum injection for the facial nerve's muscles, one side",
    "64615": "botulinum injection for chronic migraine",
    "61458": "suboccipital operation on cranial nerves (microvascular decompression)",
    "70551": "brain MRI, plain",
    "70552": "brain MRI, contrast only",
    "70553": "brain MRI, plain and contrast",
    "70540": "orbit, face or neck MRI, plain",
    "70542": "orbit, face or neck MRI, contrast only",
    "70543": "orbit, face or neck MRI, plain and contrast",
    "70544": "head MR angiography, plain",
    "70545": "head MR angiography, contrast only",
    "70546": "head MR angiography, plain and contrast",
    "81381": "HLA class I typing of one allele",
}
# A caffeine level in blood is no intake: it stands in the value set only to say so.
NOT_INTAKE = {"3422-3"}


def _rows(entries: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for entry in entries:
        if not entry.get("verified", True) or not entry.get("code"):
            continue
        code = entry["code"]
        row = {
            "system": entry.get("system", RXNORM),
            "code": WIDENED.get(code, code),
            "display": CPT_WORDS[code] if entry.get("system") == CPT else entry["display"],
            "match": "prefix" if code in PREFIXES else "",
        }
        row |= {k: str(entry[k]) for k in ("laterality", "caffeine_mg", "basis") if entry.get(k) is not None}
        yield row


def _entries(group: Any) -> list[dict[str, Any]]:
    if isinstance(group, dict):
        group = [entry for part in group.values() if isinstance(part, list) for entry in part]
    return [entry for entry in group if isinstance(entry, dict)] if isinstance(group, list) else []


def _medications(members: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """One row for each code of a drug that can cause twitching, with what is known of it."""
    for drug in members:
        for key in ("rxnorm", "atc"):
            coding = drug.get(key) or {}
            if coding.get("verified") and coding.get("code"):
                yield {
                    "system": coding["system"],
                    "code": coding["code"],
                    "display": coding["display"],
                    "match": "",
                    "drug": drug["drug"],
                    "group": drug["group"],
                    "mechanism": drug["mechanism"],
                    "evidence": drug["evidence"],
                    "citation": drug["citation"],
                }


def _write(name: str, rows: list[dict[str, str]]) -> None:
    extra = [k for row in rows for k in row if k not in COLUMNS]
    with (FOLDER / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, [*COLUMNS, *dict.fromkeys(extra)], lineterminator="\n", restval="")
        out.writeheader()
        out.writerows(rows)


def main(source: Path) -> None:
    sets: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))["value_sets"]
    groups: dict[str, list[dict[str, str]]] = {}
    for value_set, content in sets.items():
        if value_set in ("text-fallback", "fasciculation-medications"):
            continue
        for group, entries in content.items():
            if (value_set, group) in NOT_IMPORTED:
                continue
            rows = [r for r in _rows(_entries(entries)) if r["code"] not in NOT_INTAKE]
            if rows:
                name = NAMES.get((value_set, group), group).replace("-", "_").lower()
                groups.setdefault(name, []).extend(rows)
    sufficient = set(sets["mri-orders-results"]["sufficient_for_hfs"])
    groups["mri_sufficient"] = [r for r in groups["mri_studies"] if r["code"] in sufficient]
    groups["fasciculation_medications"] = list(_medications(sets["fasciculation-medications"]["members"]))
    for name, rows in groups.items():
        _write(name, rows)
        print(f"{name}.csv: {len(rows)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
