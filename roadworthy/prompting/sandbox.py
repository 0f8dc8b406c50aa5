"""The template engine of prompts: it reaches no file, none of Python's insides, and changes no value."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment


class PromptSandbox(ImmutableSandboxedEnvironment):
    """An engine in which an undefined variable is an error, and in which nothing can be multiplied into a huge text."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        # Nothing is HTML here: escaping would change what the model reads.
        super().__init__(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
        self.globals.clear()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse to multiply; raises `SecurityError`."""
        raise SecurityError(f"a prompt can't use the operator {operator}")
