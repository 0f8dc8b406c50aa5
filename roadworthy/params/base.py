"""What every section of params.yaml is: frozen, and closed to keys that it does not know."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
"""A capability's name: lower-case letters, digits and hyphens."""

Column = Annotated[str, StringConstraints(min_length=1)]
"""A column's name."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A table's name, as SQL writes it without quotes."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal digits."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"not a path inside the repository: {path!r}")
    return path


RelativePath = Annotated[str, AfterValidator(_inside)]
"""A path inside the repository, with forward slashes."""


class Section(BaseModel):
    """A section of params.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")
