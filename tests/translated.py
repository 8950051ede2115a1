"""Which English each block was translated from: `python -m tests.translated de`, once the translation was looked over.

`translated.txt` holds, for each block, the first digits of a digest of its English as it was then, by language. A block
that was changed in English since is an old translation until somebody who knows the language has looked at it.
"""

import sys
from hashlib import sha256
from pathlib import Path

from cds_service.languages import Language
from cds_service.translations import TRANSLATED
from cds_service.wording import read_words

CARDS = Path(__file__).parents[1] / "cards"
NOTED = Path(__file__).with_suffix(".txt")
NEVER = "-"
Digests = dict[Language, str]


def english_now() -> dict[str, str]:
    """Folder and block → the digest of its English."""
    return {
        f"{file.parent.name} {name}": sha256(text.encode()).hexdigest()[:6]
        for file in sorted(CARDS.rglob("words.md"))
        for name, text in read_words(file.read_text(encoding="utf-8"), file.parent.name).blocks.items()
    }


def noted() -> dict[str, Digests]:
    lines = (line.rsplit(" ", len(TRANSLATED)) for line in NOTED.read_text(encoding="utf-8").splitlines())
    return {block: dict(zip(TRANSLATED, digests, strict=True)) for block, *digests in lines}


def changed_since(language: Language) -> list[str]:
    """The blocks whose English is another than the one that was translated."""
    before = noted()
    return [block for block, digest in english_now().items() if before.get(block, {}).get(language) != digest]


def main() -> None:
    before = noted() if NOTED.is_file() else {}
    lines = []
    for block, digest in english_now().items():
        old = before.get(block, {})
        lines.append(
            " ".join((block, *(digest if lang in sys.argv[1:] else old.get(lang, NEVER) for lang in TRANSLATED)))
        )
    NOTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
