"""The small assistants that the gateway's benchmarks release: three documents, a plain prompt, and what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.params.assistant import AssistantCapability
from roadworthy.retrieval.interface import Document

QUESTION = "What is the monthly fee of the account?"
DOCUMENTS = [
    Document(
        f"{name}_account",
        f"{name.title()} Account: fees and limits",
        f"The {name} account has a monthly fee of {fee} dollars, which is waived with a balance of 1,500 dollars or "
        f"more. Payments in shops abroad cost 2 percent of the amount. The daily limit at cash machines is {limit} "
        "dollars, and it can be raised in the settings for up to thirty days, before a journey for instance. A "
        "payment that was declined is listed with its code for ninety days; code 51 says that the balance did not "
        "cover it. A card that was lost is blocked at once in the settings or by phone, and a new one comes within "
        "five business days. Interest is paid at the end of each quarter.",
    )
    for name, fee, limit in (("bench", 4, 500), ("silver", 6, 1200), ("gold", 9, 2000))
]
PLAIN_PROMPT = """---
description: Answers from passages.
variables:
  question: {type: string, description: what the customer asks}
  passages: {type: list, description: what was retrieved}
---
## user
{% for passage in passages %}[{{ loop.index }}] {{ passage.text }}
{% endfor %}
Question: {{ question }}
"""


@dataclass(frozen=True)
class Desk:
    """A small assistant that can be released; by default nothing looks at what goes in and out."""

    name: str = "bench-desk"
    model: str = "bench"
    passages: int = 1
    integrate: Mapping[str, Any] = field(default_factory=lambda: {"guardrails": {"guards": []}})
    """What differs from the plainest one."""

    def parameters(self, upstream: str) -> AssistantCapability:
        """Return its section of params.yaml."""
        provider = {"kind": "openai", "base_url": upstream, "model": self.model, "key_variable": None}
        # As many calls at once as the gateway lets requests in.
        provider |= {"limits": {"concurrency": 64, "attempts": 1}}
        integrate = {"provider": provider, "prompt": "desk/answer", "policy": "policies/bank_helpdesk.yaml"}
        source = {"uri": "documents.json", "sha256": "0" * 64, "format": "json", "columns": {"id": "VARCHAR"}}
        return AssistantCapability.model_validate(
            {
                "kind": "assistant",
                "description": "Answers questions about three accounts.",
                "owner": "benchmarks",
                "card": {"intended_use": "measuring", "limitations": "made up", "licence_of_data": "CC0-1.0"},
                "ingest": {"sources": {"documents": source}},
                "index": {"method": "bm25", "count": self.passages},
                "integrate": integrate | dict(self.integrate),
                "evaluate": {"queries": "evalsets/none.jsonl"},
                "gates": [{"kind": "floor", "metric": "quality", "at_least": 0.5}],
            }
        )

    def body(self, question: str = QUESTION, **more: str) -> bytes:
        """Return a request's body."""
        return json.dumps({"model": self.name, "messages": [{"role": "user", "content": question}], **more}).encode()


def guarded_desk(name: str = "guarded-desk") -> Desk:
    """Return a desk with all that guards the bank's help desk: its policy, its prompt, its trained injection guard."""
    integrate = {"prompt": "bank_helpdesk/answer", "injection_guard": "guards/injection-guard"}
    return Desk(name, passages=3, integrate=integrate)
