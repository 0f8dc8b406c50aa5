"""How early an answer begins when it streams through the help desk's output guards, and what their looking costs.

`python -m benchmarks.streaming` from the repository's root. Answers of one to sixteen sentences are said word by word;
their first text is measured in words heard, as a share of the whole answer: a model's pace makes seconds of it. The
guards' work is measured in processor time beside that of one look at the whole, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from roadworthy.atomic import write_bytes
from roadworthy.exchange.showing import Showing
from roadworthy.guardrails.catalogue import Parts, build_guardrails
from roadworthy.guardrails.interface import Context, Place
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.run import Guardrails
from roadworthy.guardrails.settings import GuardrailParams

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "streaming.json"
SENTENCES = (
    "The monthly fee of the Evergreen Account is 12 dollars [1].",
    "It is waived when the balance stays at 1,500 dollars or more [1].",
    "Transfers to accounts at other banks are free with the Silver Plus Account [2].",
    "A stolen card can be blocked at any time in the mobile app [3].",
    "A new card arrives within seven days and needs to be activated before its first use [3].",
    "The daily limit at cash machines is 500 dollars and can be raised for a journey [2].",
    "Paper statements cost two dollars each, statements in the app cost nothing [1].",
    "A second holder is added in the app under Settings, with a document that proves who it is [2].",
)
LENGTHS = (1, 2, 4, 8, 16)
ROUNDS = 20


def main() -> None:
    """Measure, print and keep the results."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    policy = load_policy(ROOT / "policies" / "bank_helpdesk.yaml")
    with build_guardrails(GuardrailParams(), Parts(policy)) as guards:
        results = {f"{length} sentences": measured(guards, length) for length in LENGTHS}
    write_bytes(RESULTS, (json.dumps(results, indent=2) + "\n").encode())
    print(json.dumps(results, indent=2))


def measured(guards: Guardrails, length: int) -> dict[str, Any]:
    """Return where the first text came, and the processor time of all looks beside that of one at the whole."""
    text = " ".join((SENTENCES * 2)[:length])
    context = Context("What does it cost?", (" ".join(SENTENCES),), "You are the help desk of a bank and are brief.")
    words = re.findall(r"\s*\S+", text)
    rounds = [asyncio.run(streamed(guards, words, context)) for _ in range(ROUNDS)]
    first = rounds[0][0]
    whole = median(looked_once(guards, text, context) for _ in range(ROUNDS))
    looking = median(seconds for _, seconds in rounds)
    return {
        "characters": len(text),
        "heard_before_the_first_text": None if first is None else round(first / len(words), 3),
        "milliseconds_of_looking_while_it_speaks": round(looking * 1000, 2),
        "milliseconds_of_the_look_at_the_whole": round(whole * 1000, 2),
        "ratio": round(looking / whole, 2),
    }


async def streamed(guards: Guardrails, words: list[str], context: Context) -> tuple[int | None, float]:
    """Return after how many words there was a first text, and the processor time of all looks."""
    showing = Showing(guards, context, lambda _: True)
    first, started = None, process_time()
    for heard, word in enumerate(words, start=1):
        if await showing.hear(word) and first is None:
            first = heard
    return first, process_time() - started


def looked_once(guards: Guardrails, text: str, context: Context) -> float:
    """Return the processor time of one look at the whole, which there is with and without streaming."""
    started = process_time()
    guards.run(text, Place.OUTPUT, context)
    return process_time() - started


if __name__ == "__main__":
    main()
