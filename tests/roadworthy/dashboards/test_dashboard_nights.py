"""The nights on the page: what is left of promises, what each night said, and which features moved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fakes.night_reports import FIRST, column, drift_report, write_nights

from roadworthy.dashboards.nights import MOST_NIGHTS, NO_REPORT, night_figures, read_reports


def test_each_night_has_its_place(tmp_path: Path) -> None:
    """Promises, verdicts, drift and the features, one value for each night."""
    write_nights(tmp_path)
    promises, nights, drift, columns = night_figures(read_reports(tmp_path))
    assert promises.series[0].name == "flight-delay · success"
    assert [round(float(value or 0), 3) for value in promises.series[0].values] == [0.9, 0.8, 0.7]
    assert nights.series[0].values == ("kept", "kept", "page")
    assert drift.series[0].values == ("steady", "steady", "drift")
    assert drift.notes == ("flight-delay@3, 2026-07-12: dep_hour: more of <b>ZZ</b>",)
    assert {one.name: one.values for one in columns.series} == {"dep_hour": (0.2, 0.2, 2.5), "distance": (0.1,) * 3}
    assert columns.series[0].name == "dep_hour"


def test_of_two_releases_in_a_night_the_worse_one_is_shown(tmp_path: Path) -> None:
    """A canary that drifts is not hidden by the production that does not, in whatever order the files lie."""
    folder = tmp_path / "drift" / str(FIRST)
    folder.mkdir(parents=True)
    for release, importance in ((3, 0.1), (4, 1.5), (5, 0.2)):
        report = drift_report(FIRST, column("distance", importance), release=release, odd=f"odd {release}")
        (folder / f"flight-delay@{release}.json").write_bytes(report.to_bytes())
    *_, drift, columns = night_figures(read_reports(tmp_path))
    assert drift.series[0].values == ("drift",)
    assert columns.series[0].values == (1.5,)
    assert [note.split(":")[0] for note in drift.notes] == [
        "flight-delay@3, 2026-07-10", "flight-delay@4, 2026-07-10", "flight-delay@4, 2026-07-10",
        "flight-delay@5, 2026-07-10",
    ]  # fmt: skip


def test_a_damaged_report_is_named_and_the_others_stay(tmp_path: Path) -> None:
    """One bad file does not take the page away; it is no good night either."""
    write_nights(tmp_path)
    (tmp_path / f"{FIRST}.json").write_text("{")
    (tmp_path / "drift" / str(FIRST) / "flight-delay@3.json").write_text('{"capability": "x"}')
    _, nights, drift, _ = night_figures(read_reports(tmp_path))
    assert len(nights.series[0].values) == len(drift.series[0].values) == 2
    assert nights.notes == (f"{FIRST}.json can't be read.", f"drift/{FIRST}/flight-delay@3.json can't be read.")


def test_a_night_that_nobody_read_is_shown_as_such(tmp_path: Path) -> None:
    """Its place is not closed up by the nights around it; between a replay of last year and today nobody waits."""
    write_nights(tmp_path)
    (tmp_path / f"{FIRST + timedelta(days=1)}.json").unlink()
    _, nights, *_ = night_figures(read_reports(tmp_path))
    assert nights.series[0].values == ("kept", NO_REPORT, "page")
    replayed = FIRST - timedelta(days=400)
    text = (tmp_path / f"{FIRST}.json").read_text()
    (tmp_path / f"{replayed}.json").write_text(text.replace(str(FIRST), str(replayed)))
    _, nights, *_ = night_figures(read_reports(tmp_path))
    assert nights.series[0].values == ("kept", "kept", NO_REPORT, "page")


def test_only_the_last_nights_are_read(tmp_path: Path) -> None:
    """After years there are not more of them than can be drawn, and what is being written is left alone."""
    write_nights(tmp_path, MOST_NIGHTS + 5)
    last = FIRST + timedelta(days=MOST_NIGHTS + 4)
    (tmp_path / "drift" / str(last) / ".tmp-1-x.json").write_text("{")
    found = read_reports(tmp_path)
    assert len(found.nights) == len(found.drifts) == MOST_NIGHTS
    assert found.nights[-1].night == last
    assert found.unreadable == ()


def test_no_reports_are_empty_figures(tmp_path: Path) -> None:
    """Before the first night there is nothing to show, and that is said."""
    figures = night_figures(read_reports(tmp_path / "nights"))
    assert [figure.key for figure in figures] == ["promises", "nights", "drift"]
    assert all("Nothing of this kind" in figure.summary for figure in figures)
