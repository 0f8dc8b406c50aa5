"""Evaluates a night: a sample of real exchanges is scored as evaluation sets are, and held against what was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json
from roadworthy.errors import RoadworthyError, UsageError
from roadworthy.live_quality.report import NightQuality, QualityVerdict
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, standing_of
from roadworthy.settings import Settings
from roadworthy.store import Store
from roadworthy.telemetry.event import Kind
from roadworthy.telemetry.reading import Window, read_contents, read_events
from tasks.model_names import trained_models
from tasks.night import REPORTS
from tasks.released_assistant import ReleasedFiles, released_files

if TYPE_CHECKING:
    import pyarrow as pa

    from roadworthy.evaluation.gates import Gate
    from roadworthy.live_quality.exchanges import Group, Sample
    from roadworthy.live_quality.report import GroupOfNight
    from roadworthy.live_quality.scoring import ExchangeScorer

EARLIER = timedelta(days=28)
"""So far back nights are held against."""


@dataclass(frozen=True)
class _Opened:
    """What is needed of a release."""

    scorer: ExchangeScorer
    gates: tuple[Gate, ...]


def evaluate_night(store: Store, settings: Settings, night: date, capability: str) -> NightQuality | None:
    """Evaluate a night that is over, write reports/nights/NIGHT.CAPABILITY.evaluation.json, and return it.

    None for a trained model, which has labels instead. Evaluated again, with the same earlier reports, it has the same
    bytes. A release that can't be read is a verdict, `not_evaluated`. Raises `UsageError` for a day that is not over,
    and as `read_events` does.
    """
    from roadworthy.live_quality.exchanges import sample
    from roadworthy.live_quality.judging import judge_night

    window = _window(night)
    events = read_events(store, window, capability)
    if _predicted(events) or (not len(events) and trained_models(store, [capability])):
        return None
    sampled, root = sample(events, read_contents(store, window, capability)), settings.root.resolve()
    try:
        opened = _open(store, settings, capability, sampled)
        groups = [_scored(group, sampled, opened) for group in sampled.counts]
        gates = {number: one.gates for number, one in opened.items()}
        found = judge_night(capability, night, groups, gates, _earlier(root, night, capability))
    except RoadworthyError as error:
        reason = f"not evaluated: {error.problem}"
        found = NightQuality(capability=capability, night=night, verdict=QualityVerdict.NOT_EVALUATED, reason=reason)
    write_bytes(_path(root, night, capability), readable_json(found.model_dump(mode="json")))
    return found


def _predicted(events: pa.Table) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.equal(events["kind"], Kind.PREDICTION.value)).as_py())


def _window(night: date) -> Window:
    since = datetime.combine(night, time(), UTC)
    until = since + timedelta(days=1)
    if until > datetime.now(UTC):
        raise UsageError(f"{night} is not over", where="night", remedy="give a day before today, in UTC")
    return Window(since, until)


def _open(store: Store, settings: Settings, capability: str, sampled: Sample) -> Mapping[int, _Opened]:
    """Open the releases of which there is something to score."""
    numbers = sorted({group.release for group in sampled.chosen})
    if not numbers:
        return {}
    standing = standing_of(capability, Ledger(store, capability).entries())
    return {number: _opened(store, settings, standing.release(number)) for number in numbers}


def _opened(store: Store, settings: Settings, record: ReleaseRecord) -> _Opened:
    from roadworthy.live_quality.scoring import ExchangeScorer
    from roadworthy.retrieval.index_files import read_index

    with released_files(store, record, settings) as released:
        passages = read_index(released.files.index).passages
        return _Opened(ExchangeScorer(passages, _system_prompt(released)), released.capability.gates)


def _system_prompt(released: ReleasedFiles) -> str:
    from roadworthy.prompting.reading import read_prompt

    prompt = read_prompt(released.files.prompts, released.capability.integrate.prompt)
    rendered = prompt.render({"question": "", "passages": []})
    return "\n".join(message.content for message in rendered if message.role == "system")


def _scored(group: Group, sampled: Sample, opened: Mapping[int, _Opened]) -> GroupOfNight:
    from roadworthy.live_quality.judging import group_of_night

    own = opened.get(group.release)
    return group_of_night(group, sampled, own.scorer if own else None)


def _earlier(root: Path, night: date, capability: str) -> tuple[NightQuality, ...]:
    """Return what earlier nights' reports say; one that is damaged is as good as none."""
    paths = (_path(root, night - timedelta(days=days), capability) for days in range(1, EARLIER.days + 1))
    return tuple(found for path in paths if path.exists() and (found := _read(path)))


def _read(path: Path) -> NightQuality | None:
    try:
        return NightQuality.model_validate_json(path.read_bytes())
    except ValueError:
        return None


def _path(root: Path, night: date, capability: str) -> Path:
    return root / REPORTS / f"{night.isoformat()}.{capability}.evaluation.json"
