"""Writes rows.jsonl from attacks.yaml and benign.yaml: each pattern filled a few times, the same every time."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
FILLINGS = {"attacks": 9, "benign": 9}
"""How often a pattern is filled; fewer when it has fewer fillings."""

_SLOT = re.compile(r"\{(\w+)\}")


def rows(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one grammar: text, whether it is an attack, and the family of its pattern."""
    grammar = yaml.safe_load((HERE / f"{kind}.yaml").read_text(encoding="utf-8"))
    for family, patterns in grammar["patterns"].items():
        for pattern in patterns:
            texts = (_filled(pattern, grammar["words"], turn) for turn in range(FILLINGS[kind] * 3))
            for text in itertools.islice(dict.fromkeys(texts), FILLINGS[kind]):
                name = f"{'own attacks' if kind == 'attacks' else 'own benign'}: {family}"
                yield {"text": text, "attack": kind == "attacks", "family": name, "pattern": _digest(pattern)[:12]}


def _filled(pattern: str, words: dict[str, list[str]], turn: int) -> str:
    """Fill each slot with the word that a digest of pattern, turn and place chooses."""
    places = itertools.count()

    def word(match: re.Match[str]) -> str:
        choices = words[match.group(1)]
        return choices[int(_digest(f"{pattern} {turn} {next(places)}")[:8], 16) % len(choices)]

    text = " ".join(_SLOT.sub(word, pattern).split(" ")).strip()
    # Case tells nothing about a text's intent, so it must not tell the two grammars apart.
    return text if int(_digest(text)[:2], 16) % 4 == 0 else text[:1].upper() + text[1:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Write the file anew."""
    made = {row["text"]: row for kind in FILLINGS for row in rows(kind)}
    lines = [json.dumps({"id": _digest(text)[:16], **row}, ensure_ascii=False) for text, row in made.items()]
    (HERE / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
