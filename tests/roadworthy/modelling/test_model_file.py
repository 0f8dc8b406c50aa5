"""Saved models: equal models are equal bytes, and nothing is loaded that nobody named."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
import pandas
import pytest
import skops.io
from modelling_samples import SPECIMENS, fitted, flights

from roadworthy.digest import digest_file
from roadworthy.errors import IntegrityError, ParamsError
from roadworthy.modelling.model_file import canonical_archive, load_model, save_model


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_a_loaded_model_predicts_exactly_the_same(specimen: str, tmp_path: Path) -> None:
    """What is loaded predicts what was saved, to the last bit, on known and unknown categories."""
    model, rows = fitted(specimen), flights(seed=1, unseen=True)
    saved = save_model(model, tmp_path / "model.skops")
    loaded = load_model(saved.path, trusted_types=saved.trusted_types)
    numpy.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    assert saved.digest == digest_file(saved.path)


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_load_and_save_again_gives_the_same_bytes(specimen: str, tmp_path: Path) -> None:
    """A model that went through a file is equal to the one that did not, and so are its bytes."""
    first = save_model(fitted(specimen), tmp_path / "first.skops")
    second = save_model(load_model(first.path, first.trusted_types), tmp_path / "second.skops")
    assert second.digest == first.digest


def test_two_trainings_in_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    """Ids, dates, hash seeds and the process leave no trace in a model's bytes."""
    command = (
        "import sys; from pathlib import Path; from modelling_samples import SPECIMENS, fitted;"
        "from roadworthy.modelling.model_file import save_model;"
        "print(*[save_model(fitted(name), Path(sys.argv[1], name)).digest for name in SPECIMENS])"
    )
    environment = os.environ | {
        # Not this process's own.
        "PYTHONHASHSEED": str(1 + (os.environ.get("PYTHONHASHSEED") == "1")),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    finished = subprocess.run(
        [sys.executable, "-c", command, str(tmp_path / "there")], env=environment, capture_output=True, check=True
    )
    here = [save_model(fitted(name), tmp_path / "here" / name).digest for name in SPECIMENS]
    assert finished.stdout.decode().split() == here


def test_another_model_has_other_bytes(tmp_path: Path) -> None:
    """Making archives canonical does not make different models equal."""
    digests = {save_model(fitted(name), tmp_path / name).digest for name in SPECIMENS}
    assert len(digests) == len(SPECIMENS)


def test_sets_and_shared_arrays_survive_and_are_canonical() -> None:
    """A set's order does not show; an array under two names is stored once; each name keeps its content."""
    shared = numpy.arange(4.0)
    one = {"words": {"delay", "carrier", "origin"}, "a": shared, "b": shared, "raw": b"abc", "file": "a.npy"}
    other = {
        "words": {"origin", "delay", "carrier"},
        "a": shared.copy(),
        "b": shared.copy(),
        "raw": bytes([97, 98, 99]),
        "file": "a.npy",
    }
    archives = {canonical_archive(skops.io.dumps(value)) for value in (one, other)}
    assert len(archives) == 1
    content = archives.pop()
    loaded = skops.io.loads(content)
    assert (loaded["words"], loaded["raw"], loaded["file"]) == (one["words"], b"abc", "a.npy")
    numpy.testing.assert_array_equal(loaded["b"], shared)
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 3


def test_a_type_outside_of_the_trusted_packages_is_not_saved(tmp_path: Path) -> None:
    """What comes from a package that nobody trusted leaves no file, and the error names it."""
    model = fitted("logistic")
    model.steps.append(("extra", pandas.RangeIndex(3)))
    with pytest.raises(ParamsError, match="pandas") as caught:
        save_model(model, tmp_path / "model.skops")
    assert caught.value.where == "train.trusted_modules"
    assert list(tmp_path.iterdir()) == []


def test_a_type_that_nobody_named_is_refused_by_name(tmp_path: Path) -> None:
    """A file with a type that is neither allowed nor named is not loaded; the error names the type."""
    path = tmp_path / "model.skops"
    path.write_bytes(skops.io.dumps({"harmless": os.path.join}))
    with pytest.raises(IntegrityError, match=r"posixpath\.join") as caught:
        load_model(path)
    assert caught.value.where == str(path)
    assert load_model(path, trusted_types=["posixpath.join"])["harmless"] is os.path.join


@pytest.mark.parametrize("damage", ["truncated", "empty", "no schema", "member gone", "absent"])
def test_a_damaged_file_is_an_integrity_error(damage: str, tmp_path: Path) -> None:
    """Whatever is wrong with the file, one clear error names it."""
    saved = save_model(fitted("logistic"), tmp_path / "model.skops")
    _damage(saved.path, damage)
    with pytest.raises(IntegrityError, match="can't be read") as caught:
        load_model(saved.path, saved.trusted_types)
    assert caught.value.where == str(saved.path)


def _damage(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "absent":
        path.unlink()
    elif damage in ("truncated", "empty"):
        path.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"")
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(path, "w") as target:
            schema = json.loads(source.read("schema.json"))
            target.writestr("schema.json" if damage == "member gone" else "other.json", json.dumps(schema))
