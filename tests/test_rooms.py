"""Import fences: which room may know which. The layout explains the program only as long as these hold."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = set(__import__("sys").stdlib_module_names)

# room → what of the house it may import (prefixes), and which libraries.
FENCES: dict[str, tuple[set[str], set[str]]] = {
    "cds_service/record.py": (set(), set()),
    "cds_service/advice.py": ({"cds_service.record"}, set()),
    "cds_service/languages.py": (set(), set()),
    "cds_service/wording.py": ({"cds_service.advice", "cds_service.languages", "cds_service.record"}, set()),
    "cds_service/translations.py": ({"cds_service.languages", "cds_service.wording"}, set()),
    "cds_service/limits.py": (set(), set()),
    "cds_service/toml_lines.py": (set(), set()),
    "cds_service/site": (
        {"cds_service.site", "cds_service.deck", "cds_service.limits", "cds_service.toml_lines"},
        {"msgspec"},
    ),
    "cards": ({"cards", "cds_service.record", "cds_service.advice"}, set()),
    "cds_service/draft_rules.py": ({"cds_service.advice", "cds_service.record"}, set()),
    "cds_service/deck.py": (
        {
            "cds_service.advice",
            "cds_service.draft_rules",
            "cds_service.languages",
            "cds_service.limits",
            "cds_service.record",
            "cds_service.translations",
            "cds_service.wording",
        },
        set(),
    ),
    "cds_service/fhir": (
        {
            "cds_service.fhir",
            "cds_service.record",
            "cds_service.advice",
            "cds_service.outbound",
            "cds_service.trust.grants",
            "cds_service.trust.servers",
        },
        {"msgspec", "fhir", "fhir_core", "pydantic"},
    ),
    "cds_service/outbound": ({"cds_service.outbound"}, {"urllib3"}),
    "cds_service/database": ({"cds_service.database", "cds_service.settings"}, {"sqlalchemy", "alembic", "psycopg"}),
    "cds_service/hooks": (
        {
            "cds_service.hooks",
            "cds_service.advice",
            "cds_service.deck",
            "cds_service.languages",
            "cds_service.record",
            "cds_service.wording",
        },
        {"msgspec"},
    ),
    "cds_service/telemetry": ({"cds_service.telemetry"}, {"structlog", "prometheus_client"}),
    "cds_service/trust": (
        {
            "cds_service.trust",
            "cds_service.languages",
            "cds_service.telemetry.logs",
            "cds_service.database",
            "cds_service.hooks.authorization",
            "cds_service.outbound.proxies",
            "cds_service.toml_lines",
        },
        {"jwt", "cryptography", "urllib3", "msgspec"},
    ),
}  # fmt: skip
# Files that are run by people, not by the service.
TOOLS = {"cards/value_sets/import_terminology.py", "cards/write_sources.py"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; name the room"
            found.add(node.module or "")
    return found


def sources(place: str) -> list[Path]:
    path = ROOT / place
    return (
        [path]
        if path.is_file()
        else sorted(p for p in path.rglob("*.py") if p.relative_to(ROOT).as_posix() not in TOOLS)
    )


@pytest.mark.parametrize("room", FENCES)
def test_room_imports_only_what_it_may_know(room: str) -> None:
    house, libraries = FENCES[room]
    files = sources(room)
    assert files
    for path in files:
        for module in imports(path):
            top = module.partition(".")[0]
            if top in ("cds_service", "cards", "tests", "fhir_fixtures", "bench"):
                assert any(module == h or module.startswith(f"{h}.") for h in house), (
                    f"{path.relative_to(ROOT)} imports {module}"
                )
            else:
                assert top in STANDARD | libraries, f"{path.relative_to(ROOT)} imports {module}"


def test_flask_lives_in_the_web_room_and_in_the_factory_only() -> None:
    for path in sources("cds_service") + sources("cards"):
        if {m.partition(".")[0] for m in imports(path)} & {"flask", "flask_cors", "werkzeug"}:
            assert path.parent.name == "web" or path.name == "app.py", path


def test_no_clock_in_rules() -> None:
    for path in sources("cards"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"today", "now", "utcnow"}:
                assert ast.unparse(node.value) not in {"date", "datetime", "time"}, path


def test_fhir_validators_are_loaded_lazily() -> None:
    """They cost 150 ms and 20 MB: a worker that has shown no card has not paid for them."""
    import subprocess
    import sys

    code = "import sys; import cds_service.app; cds_service.app.shipped_deck(); print('fhir.resources' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        ).stdout.strip()
        == "False"
    )


def test_what_only_some_need_is_loaded_lazily() -> None:
    """An open service checks no token, reads no keys, asks no database, and counts only when there is something to."""
    import subprocess
    import sys

    costly = ("jwt", "cryptography", "urllib3", "prometheus_client", "sqlalchemy", "alembic")
    code = (
        "import sys; from cds_service.app import wsgi_from_environment as start;"
        "assert start().test_client().get('/cds-services').status_code == 200;"
        f"print([name for name in {costly} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_files_stay_short() -> None:
    """All but the record: a list of nouns, which reads best in one place."""
    long = {
        str(p.relative_to(ROOT)): n
        for p in sources("cds_service") + sources("cards")
        if (n := len(p.read_text().splitlines())) > 240 and p.name != "record.py"
    }
    assert not long, f"split these along a notion: {long}"


def test_no_room_is_called_by_a_word_that_says_nothing() -> None:
    for path in sources("cds_service") + sources("cards"):
        assert not {*path.relative_to(ROOT).with_suffix("").parts} & {
            "utils",
            "helpers",
            "common",
            "base",
            "manager",
            "misc",
        }, path
