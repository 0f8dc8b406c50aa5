"""The difference of two releases: everything that differs is named, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from release_samples import CODE, FILES, make_bundle

from roadworthy.canonical import readable_json
from roadworthy.digest import digest_bytes, digest_files
from roadworthy.errors import IntegrityError
from roadworthy.release.bundle import publish_bundle
from roadworthy.release.code import CodeIdentity
from roadworthy.release.difference import (
    Change,
    Kind,
    ReleaseContent,
    difference,
    packages_of_lock,
    stored_content,
)
from roadworthy.release.manifest import Source, build_manifest
from roadworthy.store import LocalStore

FLIGHTS = Source(table="flights", uri="pkg:pypi/flights@1#f.csv", sha256=digest_bytes(b"f"), rows=7)


def content(
    folder: Path,
    files: dict[str, bytes] | None = None,
    parameters: dict[str, object] | None = None,
    code: CodeIdentity = CODE,
    sources: tuple[Source, ...] = (FLIGHTS,),
) -> ReleaseContent:
    """Return a release with the sample's files and those given."""
    make_bundle(folder, FILES | (files or {}))
    manifest = build_manifest(
        capability="flight-delay",
        kind="model",
        parameters=parameters or {},
        files=digest_files(folder),
        sources=sources,
        code=code,
        environment=digest_bytes((folder / "requirements.lock").read_bytes()),
    )
    return ReleaseContent(manifest, lambda name: (folder / name).read_bytes())


def test_a_release_does_not_differ_from_itself(tmp_path: Path) -> None:
    """Nothing differs where nothing changed."""
    release = content(tmp_path / "one", parameters={"train": {"seed": 1}})
    assert difference(release, release).empty


def test_parameters_by_path(tmp_path: Path) -> None:
    """Each changed, added and removed parameter has its path; None and absent are told apart, 1 and True too."""
    old = {"train": {"seed": 1, "rate": None, "flag": 1}, "windows": ["a", "b"], "gates": [{"name": "auc", "floor": 1}]}
    new = {
        "train": {"seed": 2, "flag": True, "extra": {}},
        "windows": ["a"],
        "gates": [{"name": "first", "floor": 3}, {"name": "auc", "floor": 2}],
    }
    found = difference(content(tmp_path / "1", parameters=old), content(tmp_path / "2", parameters=new))
    assert found.parameters == (
        Change("gates.auc.floor", Kind.CHANGED, 1, 2),
        Change("gates.first.floor", Kind.ADDED, None, 3),
        Change("gates.first.name", Kind.ADDED, None, "first"),
        Change("train.extra", Kind.ADDED, None, {}),
        Change("train.flag", Kind.CHANGED, 1, True),
        Change("train.rate", Kind.REMOVED, None, None),
        Change("train.seed", Kind.CHANGED, 1, 2),
        Change("windows", Kind.CHANGED, ["a", "b"], ["a"]),
    )
    assert (found.data, found.code, found.environment, found.metrics, found.files) == ((), (), (), (), ())


def test_data_and_code(tmp_path: Path) -> None:
    """New data shows in digest and rows, a new source as a whole, new code in commit and tree."""
    more = Source(table="flights", uri=FLIGHTS.uri, sha256=digest_bytes(b"g"), rows=9)
    weather = Source(table="weather", uri="w.csv", sha256=digest_bytes(b"w"))
    code = CodeIdentity("d" * 40, False, ("tasks/train.py",), digest_bytes(b"other"))
    found = difference(content(tmp_path / "1"), content(tmp_path / "2", sources=(weather, more), code=code))
    assert found.data == (
        Change("flights.rows", Kind.CHANGED, 7, 9),
        Change("flights.sha256", Kind.CHANGED, FLIGHTS.sha256, more.sha256),
        Change("weather.sha256", Kind.ADDED, None, weather.sha256),
        Change("weather.uri", Kind.ADDED, None, "w.csv"),
    )
    assert [change.name for change in found.code] == ["clean", "commit", "tree"]


def test_environment_by_package(tmp_path: Path) -> None:
    """Packages that came, went and changed their version."""
    old, new = b"a==1\nb==2\nc==3\n", b"a==1\nb==2.1\nd==4\n"
    found = difference(
        content(tmp_path / "1", {"requirements.lock": old}), content(tmp_path / "2", {"requirements.lock": new})
    )
    assert found.environment == (
        Change("b", Kind.CHANGED, "2", "2.1"),
        Change("c", Kind.REMOVED, "3", None),
        Change("d", Kind.ADDED, None, "4"),
    )
    assert [change.name for change in found.files] == ["requirements.lock"]


def test_metrics_with_their_intervals(tmp_path: Path) -> None:
    """Numbers by path, segments by what they are about; texts and the calibration's curve are left out."""
    old = {
        "metrics": {"auc": {"value": 0.7, "low": 0.6}},
        "segments": [{"column": "carrier", "value": "AA", "rows": 5}],
        "calibration": {"bins": [1, 2]},
        "resampled_by": "rows",
    }
    new = json.loads(json.dumps(old))
    new["metrics"]["auc"]["value"] = 0.71
    new["segments"].insert(0, {"column": "carrier", "value": "9E", "rows": 6})
    new["calibration"] = {}
    releases = [
        content(tmp_path / str(number), {"evaluation/evaluation.json": readable_json(evaluation)})
        for number, evaluation in enumerate((old, new))
    ]
    assert difference(*releases).metrics == (
        Change("metrics.auc.value", Kind.CHANGED, 0.7, 0.71),
        Change("segments.carrier=9E.rows", Kind.ADDED, None, 6),
    )


def test_an_evaluation_that_is_no_json_is_named(tmp_path: Path) -> None:
    """A damaged part is an integrity error, not an empty difference."""
    damaged = content(tmp_path / "1", {"evaluation/evaluation.json": b"{"})
    with pytest.raises(IntegrityError, match="can't be read"):
        difference(damaged, damaged)


def test_stored_releases(tmp_path: Path) -> None:
    """Two releases of a store, of which one has neither environment nor evaluation in its bundle, as JSON."""
    store, bare = LocalStore(tmp_path / "store"), tmp_path / "bare"
    full = content(tmp_path / "full")
    make_bundle(bare, {"model/model.skops": b"other"})
    manifest = build_manifest(
        capability="flight-delay", kind="model", parameters={}, files=digest_files(bare), sources=(FLIGHTS,),
        code=CODE, environment=digest_bytes(b"lock"),
    )  # fmt: skip
    digests = [
        publish_bundle(store, tmp_path / "full", full.manifest, b"signature"),
        publish_bundle(store, bare, manifest, b"signature"),
    ]
    found = difference(*(stored_content(store, digest) for digest in digests))
    assert [(change.name, change.kind) for change in found.environment] == [("numpy", Kind.REMOVED)]
    assert [change.name for change in found.metrics] == ["metrics.auc.value"]
    assert [change.kind for change in found.files].count(Kind.REMOVED) == len(FILES) - 1
    assert json.loads(json.dumps(asdict(found)))["files"][-1]["name"] == "requirements.lock"


def test_a_lock_as_it_is_written() -> None:
    """Hashes, comments, extras and markers; one package in two versions; spellings of one name."""
    lock = (
        "# made by a tool==9\nnumpy==2.4.6 \\\n    --hash=sha256:00\n    # via pandas==1\n"
        "Colour_Map[fast]==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:11\n"
        "scipy==1.1 ; python_version < '3.12'\nscipy==1.2 ; python_version >= '3.12'\n"
    )
    assert packages_of_lock(lock) == {"numpy": "2.4.6", "colour-map": "1.0", "scipy": "1.1, 1.2"}


LEAVES = some.none() | some.booleans() | some.integers() | some.text(max_size=3)
TREES = some.dictionaries(
    some.sampled_from("abc"), LEAVES | some.dictionaries(some.sampled_from("xy"), LEAVES), max_size=3
)


@settings(deadline=None, max_examples=50)
@given(TREES, TREES)
def test_the_difference_turned_around(tmp_path_factory: pytest.TempPathFactory, one: dict, other: dict) -> None:
    """From new to old the same things differ, the other way round; nothing differs only where trees are equal."""
    folder = tmp_path_factory.getbasetemp() / "turned"
    old, new = content(folder, parameters=one), content(folder, parameters=other)
    there, back = difference(old, new).parameters, difference(new, old).parameters
    opposite = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED, Kind.CHANGED: Kind.CHANGED}
    assert [Change(item.name, opposite[item.kind], item.new, item.old) for item in there] == list(back)
    assert bool(there) is (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
