"""What stands above a prompt: its description, its variables with their types, and the model's settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from roadworthy.providers.interface import Sampling

VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
}


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Variable(_Closed):
    """Something that is filled into a prompt."""

    type: Literal["string", "integer", "number", "boolean", "list"]
    description: str = Field(min_length=1)

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` has the declared type; true and false are no numbers here."""
        if isinstance(value, bool) and self.type != "boolean":
            return False
        return isinstance(value, _TYPES[self.type])


class ModelSettings(_Closed):
    """How the model's tokens are drawn for this prompt."""

    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=400, ge=1, le=32_000)
    """The response length limit, in tokens."""
    seed: int = 0
    stop: tuple[str, ...] = ()

    @property
    def sampling(self) -> Sampling:
        """The settings as a provider takes them."""
        return Sampling(self.temperature, self.max_tokens, self.seed, self.stop)


class FrontMatter(_Closed):
    """What stands between the two lines of hyphens."""

    description: str = Field(min_length=1)
    variables: dict[VariableName, Variable] = {}
    model: ModelSettings = ModelSettings()
