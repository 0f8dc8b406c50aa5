"""Where an assistant's tools do their work: on a bank that is kept, or on one that is made for one rehearsal."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.store import LocalStore, Store

if TYPE_CHECKING:
    from roadworthy.assistant.opening import OpenToolbox
    from roadworthy.exchange.toolbox import LayerToolbox
    from roadworthy.tools.bank.database import Database
    from roadworthy.tools.declaration import ToolSet


def kept_bank(folder: Path, store: Store, switched_off: Callable[[], bool]) -> OpenToolbox:
    """Return what opens tools on the bank in `folder`, with approvals and the audit log in `store`."""

    def open_toolbox(declared: ToolSet, capability: str) -> LayerToolbox:
        from roadworthy.tools.bank.database import open_file

        return _toolbox(
            declared, capability, open_file(folder / "bank.sqlite"), store, folder / "audit.key", switched_off
        )

    return open_toolbox


def rehearsed_bank(scratch: Path) -> OpenToolbox:
    """Return what opens tools on a bank in memory, new each time; nothing of it lasts longer than `scratch`."""

    def open_toolbox(declared: ToolSet, capability: str) -> LayerToolbox:
        from tempfile import mkdtemp

        from roadworthy.tools.bank.database import open_in_memory
        from roadworthy.tools.rules import never

        folder = Path(mkdtemp(dir=scratch))
        return _toolbox(
            declared, capability, open_in_memory(), LocalStore(folder / "store"), folder / "audit.key", never
        )

    return open_toolbox


def _toolbox(
    declared: ToolSet, capability: str, database: Database, store: Store, key: Path, switched_off: Callable[[], bool]
) -> LayerToolbox:
    from roadworthy.exchange.toolbox import LayerToolbox
    from roadworthy.tools.bank.backend import Bank
    from roadworthy.tools.opening import open_tool_layer

    return LayerToolbox(open_tool_layer(declared, Bank(database), store, key, switched_off=switched_off), capability)
