"""Where the parts of an assistant lie in its folder, in the work tree and in a bundle alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roadworthy.params.assistant import IntegrateParams

PROMPTS, POLICY, TOOLS, GUARD, DESCRIPTION = "prompts", "policy.yaml", "tools.yaml", "injection-guard", "assistant.json"


@dataclass(frozen=True)
class AssistantFiles:
    """One assistant's parts, below `folder`, beside its index."""

    folder: Path
    index: Path
    prompts_from: Path | None = None
    """Another release's prompts, when its own are switched off."""

    @property
    def prompts(self) -> Path:
        """The folder of its prompts."""
        return self.prompts_from or self.folder / PROMPTS

    @property
    def policy(self) -> Path:
        """What it can and can't do."""
        return self.folder / POLICY

    @property
    def tools(self) -> Path:
        """The declaration of its tools."""
        return self.folder / TOOLS

    @property
    def guard(self) -> Path:
        """The frozen release of the injection guard."""
        return self.folder / GUARD

    @property
    def description(self) -> Path:
        """Provider, prompts' versions and the other parts' digests, as JSON."""
        return self.folder / DESCRIPTION


def prompt_names(params: IntegrateParams) -> tuple[str, ...]:
    """Return the names of all prompts that the assistant uses."""
    tools = (params.tools.choose, params.tools.word) if params.tools else ()
    return (params.prompt, *tools)


def parts_in_repository(params: IntegrateParams, root: Path) -> Mapping[str, Path]:
    """Map each part's place in the assistant's folder to the file or folder of the repository that it comes from."""
    parts = {f"{PROMPTS}/{name}.md": root / PROMPTS / f"{name}.md" for name in prompt_names(params)}
    parts[POLICY] = root / params.policy
    if params.tools:
        parts[TOOLS] = root / params.tools.declared
    if params.injection_guard:
        parts[GUARD] = root / params.injection_guard
    return parts
