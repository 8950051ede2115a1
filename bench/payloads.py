"""Request bodies for the benchmark: patient-view with an invented chart, about 1.9 KB a resource, minified.

`python bench/payloads.py [DIRECTORY]` writes them out. The same seed always gives the same bytes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chart import SERVER, XHTML, Chart
from chart_words import Resource
from twitching_patient import twitching_patient

FOLDER: Final = Path(__file__).parent / ".work" / "bodies"
SIZES: Final = (20, 200, 5000)
BYTES_PER_RESOURCE: Final = 1805  # plus about 95 for its entry in the Bundle
# Prefetch key → its share of the resources, as in an ordinary adult chart; in the order of the service's templates.
SHARES: Final = {
    "conditions": 12,
    "medicationStatements": 10,
    "medicationRequests": 11,
    "medicationAdministrations": 4,
    "procedures": 8,
    "observations": 36,
    "serviceRequests": 5,
    "diagnosticReports": 7,
    "allergies": 3,
    "appointments": 4,
}


def padded(resource: Resource) -> Resource:
    """The resource with its narrative filled up to the usual size: real narratives say again what the fields say."""
    text = {"status": "generated", "div": f"<div {XHTML}><table></table></div>"}
    resource = {"text": text, **resource}
    row = f"<tr><td>{resource['id']}</td><td>{resource['resourceType']}</td><td>Exampleton Practice</td></tr>"
    rows = row * max(0, round((BYTES_PER_RESOURCE - len(minified(resource))) / len(row)))
    narrative = resource["text"]["div"].replace("</table>", f"{rows}</table>")
    return {**resource, "text": {"status": "generated", "div": narrative}}


def shares(size: int) -> dict[str, int]:
    """Prefetch key → number of resources; `size` altogether, every key at least one."""
    total = sum(SHARES.values())
    numbers = {key: max(1, size * share // total) for key, share in SHARES.items()}
    numbers["observations"] += size - sum(numbers.values())
    return numbers


def minified(value: Resource) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def entry(resource: Resource) -> Resource:
    url = f"{SERVER}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def bundle(key: str, resources: list[Resource]) -> Resource:
    link = {"relation": "self", "url": f"{SERVER}/{key}/_search"}
    about = {"resourceType": "Bundle", "id": f"{key}-1", "type": "searchset", "total": len(resources), "link": [link]}
    return about | {"entry": [entry(resource) for resource in resources]}


def body(size: int, twitching: bool) -> bytes:
    """A patient-view request whose prefetch holds `size` resources, the patient included."""
    patient_id = "hfs-right-1" if twitching else "no-twitching-1"
    made = Chart(patient_id)
    prefetch: Resource = {"patient": padded(made.patient())}
    added = twitching_patient(made.subject) if twitching else {}
    for key, number in shares(size - 1 - sum(map(len, added.values()))).items():
        ordinary = [made.makers[key]() for _ in range(number)]
        prefetch[key] = bundle(key, [padded(r) for r in (*added.get(key, ()), *ordinary)])
    request = {
        "hook": "patient-view",
        "hookInstance": "b3b24761-d3a8-4f03-a0c9-64739168d03c",
        "fhirServer": SERVER,
        "context": {"patientId": patient_id, "userId": "Practitioner/1"},
        "prefetch": prefetch,
    }
    return minified(request)


def bodies() -> Iterator[tuple[str, bytes]]:
    """(name, body): `ordinary-20` … and `three-cards-20` …"""
    for size in SIZES:
        yield f"ordinary-{size}", body(size, twitching=False)
        yield f"three-cards-{size}", body(size, twitching=True)


def write(folder: Path = FOLDER) -> dict[str, Path]:
    """Writes every body; name → file."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, content in bodies():
        files[name] = folder / f"{name}.json"
        files[name].write_bytes(content)
    return files


if __name__ == "__main__":
    for name, file in write(*map(Path, sys.argv[1:2])).items():
        print(f"{name:>16} {file.stat().st_size:>10,} bytes")
