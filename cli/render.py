"""`roadworthy render`: brings dvc.yaml up to date."""

from __future__ import annotations

from roadworthy.params.loading import load_params
from roadworthy.settings import Settings
from tasks.perform import PARAMS_FILE
from tasks.pipeline import DVC_FILE, render, write_if_stale


def render_pipeline(check: bool, as_json: bool) -> int:
    """Write dvc.yaml if it is stale; with `check`, only return 1 when it is."""
    root = Settings().root.resolve()
    params = load_params(root / PARAMS_FILE)
    path = root / DVC_FILE
    if check:
        stale = not path.is_file() or path.read_text(encoding="utf-8") != render(params, root)
    else:
        stale = write_if_stale(params, root)
    _tell(stale, check, as_json)
    return int(check and stale)


def _tell(stale: bool, check: bool, as_json: bool) -> None:
    if as_json:
        from cli.output import print_json

        print_json({"stale": stale, "written": stale and not check})
    elif check:
        print(f"{DVC_FILE} is {'stale: run `roadworthy render`' if stale else 'up to date'}")
    else:
        print(f"{DVC_FILE} {'written' if stale else 'was up to date'}")
