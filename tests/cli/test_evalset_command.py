"""`roadworthy evalset add`: what is taken out of real queries, and what a person is told to take out."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.front_door import ask

QUERY = "My card 4111 1111 1111 1111 was stolen, I am Anna Smith, anna@example.com"


def test_numbers_go_and_names_are_left_to_a_person(tmp_path: Path) -> None:
    """Numbers and addresses are taken out; a name stays, and the last line says that somebody has to look."""
    (tmp_path / "tickets.csv").write_text(f'query\n"{QUERY}"\n')
    said = ask(tmp_path, "evalset", "add", "tickets.csv", "--set", "desk.jsonl")
    assert said.code == 0
    draft = json.loads((tmp_path / "desk.drafts.jsonl").read_text())["query"]
    assert "4111" not in draft
    assert "anna@example.com" not in draft
    assert "Anna Smith" in draft
    assert "take names of people out" in said.out.splitlines()[-1]
