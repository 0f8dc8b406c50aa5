"""What is declared of the tools: name, effect, parameters, limits, and which capability may call which."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from roadworthy.tools.interface import Effect
from roadworthy.tools.rate_limit import checked_rate
from roadworthy.tools.schema_rules import checked_parameters
from roadworthy.tools.withheld import shown_to_model

ToolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_READ_ONLY = (Effect.READ,)


class _Declared(BaseModel):
    # Not the strict mode: YAML has texts where we want effects, and lists where we want tuples.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tool(_Declared):
    """One tool, as its author declares it."""

    name: ToolName
    description: str = Field(min_length=1, max_length=1000)
    """For the model: what it does and when to take it."""
    effect: Effect
    parameters: Annotated[dict[str, Any], AfterValidator(checked_parameters)]
    """A JSON schema (2020-12) of the arguments, closed, without references."""
    rate_limit: Annotated[str, AfterValidator(checked_rate)]
    """How often one caller may call it, such as 5/minute (the syntax of the library `limits`)."""
    needs_approval: bool
    """Whether a person has to approve the exact arguments: false for reads, true for others, unless said."""
    bound_to_user: str | None = None
    """The argument that is always the authenticated customer; the model neither sees nor sets it."""

    @model_validator(mode="before")
    @classmethod
    def _approve_what_is_risky(cls, content: Any) -> Any:
        if isinstance(content, dict) and "needs_approval" not in content:
            return {**content, "needs_approval": content.get("effect") != Effect.READ}
        return content

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Tool:
        if self.effect is Effect.IRREVERSIBLE and not self.needs_approval:
            raise ValueError("needs_approval: what is irreversible always needs it")
        if self.bound_to_user is not None:
            bound = self.parameters.get("properties", {}).get(self.bound_to_user)
            if not isinstance(bound, dict) or bound.get("type") != "string":
                raise ValueError(f"bound_to_user: the parameters have no '{self.bound_to_user}' of the type string")
        return self

    def parameters_for_model(self) -> dict[str, Any]:
        """Return the schema of the arguments that a model gives: without the one that is bound to the customer.

        What the guards may withhold from the model is any text there; what it becomes is held to the whole schema.
        """
        schema = dict(self.parameters)
        properties = schema.get("properties", {}).items()
        given = {name: shown_to_model(of) for name, of in properties if name != self.bound_to_user}
        required = [name for name in schema.pop("required", []) if name != self.bound_to_user]
        return {**schema, "properties": given, **({"required": required} if required else {})}


class Allowance(_Declared):
    """What one capability may call."""

    tools: tuple[ToolName, ...]
    effects: tuple[Effect, ...] = _READ_ONLY
    """Read only, unless others are named here."""


class ToolSet(_Declared):
    """The tools of one file, and which capability may call which."""

    tools: tuple[Tool, ...] = Field(min_length=1)
    capabilities: dict[str, Allowance]

    @model_validator(mode="after")
    def _names_fit(self) -> ToolSet:
        names = [tool.name for tool in self.tools]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"tools: {doubled[0]} is declared twice")
        for capability, allowance in self.capabilities.items():
            self._check_allowance(capability, allowance)
        return self

    def _check_allowance(self, capability: str, allowance: Allowance) -> None:
        place = f"capabilities.{capability}"
        effects = {tool.name: tool.effect for tool in self.tools}
        for name in allowance.tools:
            if name not in effects:
                raise ValueError(f"{place}.tools: there is no tool '{name}'")
            if effects[name] not in allowance.effects:
                raise ValueError(f"{place}.effects: '{name}' is of the effect {effects[name]}, which is not among them")

    def allowed(self, capability: str) -> tuple[Tool, ...]:
        """Return the tools that `capability` may call, as they are declared; none for one that is not named."""
        allowance = self.capabilities.get(capability)
        names = set(allowance.tools) if allowance else set()
        return tuple(tool for tool in self.tools if tool.name in names)
