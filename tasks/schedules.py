"""Applies deployments/prefect.yaml and automations.yaml to Prefect; `python -m tasks.schedules` is what the house runs.

Applied again it changes nothing. What Prefect takes without a word and then does not do is looked for afterwards.
"""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.errors import ParamsError, RoadworthyError, StepFailed
from roadworthy.settings import Settings
from tasks.house.parts import POOL

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

DEPLOYMENTS = Path("deployments", "prefect.yaml")
AUTOMATIONS = Path("deployments", "automations.yaml")
ALERTS = "roadworthy-alerts"
"""A notification block of this name, where somebody made one, is told what automations only note otherwise."""
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Applied:
    """What Prefect knows now."""

    deployments: tuple[str, ...]
    automations: tuple[str, ...]


def apply_schedules(root: Path) -> Applied:
    """Make the work pool, the deployments and the automations as the files in `root` say.

    Raises `ParamsError` for a file that can't be read, and `StepFailed` when Prefect does not have what they say.
    """
    deployments = [each["name"] for each in _read(root / DEPLOYMENTS, "deployments")]
    automations = _read(root / AUTOMATIONS, "automations")
    asyncio.run(_make_pool())
    _deploy(root)
    names = asyncio.run(_automate(automations))
    asyncio.run(_check(root, deployments))
    return Applied(tuple(deployments), names)


def _read(path: Path, section: str) -> list[dict[str, Any]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return list(content[section])
    except (OSError, YAMLError, KeyError, TypeError) as error:
        raise ParamsError(f"{path.name} can't be used", where=f"{path}: {error}", remedy="mend it") from None


async def _make_pool() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            return


def _deploy(root: Path) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(DEPLOYMENTS)]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PWD": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        raise StepFailed(
            "Prefect does not take the deployments",
            where=str(DEPLOYMENTS),
            remedy=f"it says: {(done.stderr or done.stdout).strip()[-2000:]}",
        )


async def _automate(wanted: list[dict[str, Any]]) -> tuple[str, ...]:
    """Make each automation, or make it what the file says where it differs; one whose name is unknown is left alone."""
    from prefect.client.orchestration import get_client
    from prefect.events.schemas.automations import AutomationCore

    async with get_client() as client:
        notified = await _alerted(client, wanted)
        for automation in map(AutomationCore.model_validate, notified):
            known = await client.read_automations_by_name(automation.name)
            for surplus in known[1:]:
                await client.delete_automation(surplus.id)
            if not known:
                await client.create_automation(automation)
            elif _content(known[0]) != _content(automation):
                await client.update_automation(known[0].id, automation)
    return tuple(each["name"] for each in wanted)


def _content(automation: Any) -> dict[str, Any]:
    content: dict[str, Any] = automation.model_dump(mode="json", exclude={"id", "created", "updated", "owner_resource"})
    content["trigger"].pop("id", None)
    return content


async def _alerted(client: PrefectClient, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put a message in the place of each `do-nothing`, where a block to send it by is there."""
    blocks = await client.read_block_documents()
    block = next((each.id for each in blocks if each.name == ALERTS), None)
    if block is None:
        return wanted
    # The event's names alone: a message must not carry contents.
    body = "{{ automation.name }}: {{ event.event }} of {{ event.resource.id }}"
    message = {"type": "send-notification", "block_document_id": str(block), "subject": "Roadworthy", "body": body}
    return [
        {**each, "actions": [message if action["type"] == "do-nothing" else action for action in each["actions"]]}
        for each in wanted
    ]


async def _check(root: Path, names: list[str]) -> None:
    """Look whether each deployment is there, runs in this folder and is not paused: Prefect reports none of it."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    async with get_client() as client:
        for name in names:
            try:
                deployment = await client.read_deployment_by_name(f"{name}/{name}")
            except ObjectNotFound:
                raise _not_applied(name, "Prefect does not have it") from None
            if deployment.work_pool_name != POOL:
                raise _not_applied(name, f"its pool is {deployment.work_pool_name}")
            if str(deployment.job_variables.get("working_dir")) != str(root):
                raise _not_applied(name, "it would run in another folder")


def _not_applied(name: str, how: str) -> StepFailed:
    return StepFailed(
        f"the deployment {name} is not as {DEPLOYMENTS.name} says: {how}",
        where=f"{DEPLOYMENTS}: {name}",
        remedy="apply it again; its name and its flow's name have to be the same",
    )


def main() -> int:
    """Apply the files of this folder; return the exit code."""
    try:
        applied = apply_schedules(Settings().root.resolve())
    except RoadworthyError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{len(applied.deployments)} deployments, {len(applied.automations)} automations: as the files say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
