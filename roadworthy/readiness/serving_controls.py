"""Proves that time, length, cost and tools are bounded, and that people take over (blueprint 115, 116, 124, 126)."""

# Late imports: start-up time.
from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from roadworthy.errors import ParamsError
from roadworthy.params.assistant import AssistantCapability
from roadworthy.params.capability import parse_capability
from roadworthy.providers.costs import checked_price
from roadworthy.readiness.interface import Finding, Proof, Subject
from roadworthy.release.bundle import fetch_manifest, read_bundle_file

ASSISTANT, TEXTS = "assistant/", (".md", ".yaml")


def prove_serving_controls(subject: Subject) -> Finding:
    """Read the limits off the bundle; an endpoint whose price nobody gave can't be held to a budget, and fails."""
    manifest = fetch_manifest(subject.store, subject.record.digest)
    capability = parse_capability(read_bundle_file(subject.store, manifest, "parameters.json"))
    if capability.kind == "model":
        return Finding("pass", "a model of this process: the gateway's limits of keys, rows and time hold it")
    with TemporaryDirectory() as scratch:
        for name in (name for name in manifest.files if name.startswith(ASSISTANT) and name.endswith(TEXTS)):
            path = Path(scratch, name.removeprefix(ASSISTANT))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(read_bundle_file(subject.store, manifest, name))
        try:
            return Finding("pass", _controls(capability, Path(scratch)))
        except ParamsError as error:
            return Finding("fail", f"{error.problem}; {error.where}: {error.remedy}")


def _controls(capability: AssistantCapability, folder: Path) -> str:
    from roadworthy.guardrails.policy import load_policy
    from roadworthy.prompting.reading import read_prompt
    from roadworthy.tools.loading import load_tools

    params = capability.integrate
    prices = [checked_price(one) for one in (params.provider, params.fallback_provider) if one is not None]
    longest = read_prompt(folder / "prompts", params.prompt).sampling.max_tokens
    tools = load_tools(folder / "tools.yaml").tools if params.tools else ()
    watched = sum(tool.needs_approval for tool in tools)
    costs = ", ".join(
        f"{price.prompt:f} and {price.completion:f} {price.currency} a million tokens" for price in prices
    )
    return (
        f"{params.provider.limits.timeout_seconds:g} s for a model's answer of at most {longest} tokens, at {costs}; "
        f"{watched} of {len(tools)} tools need a person's approval; people take over: "
        f"{load_policy(folder / 'policy.yaml').escalation.splitlines()[0]}"
    )


SERVING_CONTROLS = Proof("serving_controls", "time, length, cost and tools are bounded", prove_serving_controls)
