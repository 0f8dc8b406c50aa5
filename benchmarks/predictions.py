"""Measures single-row predictions of flight-delay through HTTP, ours and MLflow's model server, side by side.

`python -m benchmarks.predictions --bundle data/flight-delay/bundle`: both servers run at the same time with the same
model file, one uvicorn worker each (uvloop and httptools), one thread for numbers, and are loaded in turn by the same
client (benchmarks/http_load.py). Ours is the gateway as it is served, `roadworthy serve` on a store in which this model
was released: with keys, limits, the fair queue, routing by the ledger, and an event in telemetry for each request. The
ratio of each round counts; the median of them is the result. MLflow's is what `mlflow models serve --env-manager local`
starts. Rows are the release's fixed rows; before anything is measured, each server has to give the score that the
release says for them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from benchmarks.gateway_process import Running, running_gateway
from benchmarks.gateway_project import Project, small_project
from roadworthy.atomic import write_bytes
from tasks.prefect_server import LOOPBACK, free_port
from tasks.registry.model_folder import make_model_folder

NAME = "flight-delay"
ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "predictions.json"
TARGETS = {"ours requests/s": 2000, "ours / MLflow": 10}
START_SECONDS = 120.0
QUIET = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """One that is measured."""

    name: str
    url: str
    process: psutil.Process
    bodies: Path

    def load(self, connections: int, seconds: float) -> dict[str, Any]:
        """Load it, and return the client's figures with the server's time on a processor."""
        command = [sys.executable, "-m", "benchmarks.http_load", self.url, str(self.bodies)]
        command += ["--connections", str(connections), "--seconds", str(seconds)]
        before = self._processor_seconds()
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        used = self._processor_seconds() - before
        return {**found, "processor ms a request": round(used / max(found["answered"], 1) * 1000, 3)}

    def _processor_seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running(
    name: str, application: list[str], path: str, environment: dict[str, str], bodies: Path
) -> Iterator[Server]:
    """Run an application under uvicorn until the end."""
    port = free_port(0)
    command = [sys.executable, "-m", "uvicorn", *application, "--host", LOOPBACK, "--port", str(port)]
    command += [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--workers",
        "1",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **QUIET, **environment})
    try:
        server = Server(name, f"http://{LOOPBACK}:{port}{path}", psutil.Process(process.pid), bodies)
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            httpx.get(server.url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"{server.name} did not start")


@contextmanager
def released(project: Project, bundle: Path) -> Iterator[Running]:
    """Serve the model from a store in which it is in production."""
    project.adopt(NAME, bundle)
    with running_gateway(project) as gateway:
        yield gateway


def fixed_rows(bundle: Path) -> tuple[list[Row], list[float]]:
    """Return the release's fixed rows, as a client sends them, and their scores."""
    import pandas

    frame = pandas.read_parquet(bundle / "model" / "probe.parquet")
    rows = [json.loads(line) for line in frame.to_json(orient="records", lines=True).splitlines()]
    probabilities = json.loads((bundle / "model" / "probe.json").read_bytes())["probabilities"]
    return rows, [probability[1] for probability in probabilities]


def check(server: Server, expected: list[float]) -> None:
    """Raise `AssertionError` unless the server gives the scores that the release says."""
    for body, score in zip(server.bodies.read_bytes().splitlines()[:20], expected, strict=False):
        headers = {"content-type": "application/json"}
        (prediction,) = httpx.post(server.url, content=body, headers=headers, timeout=30).json()["predictions"]
        given = prediction["score"] if isinstance(prediction, dict) else prediction[1]
        assert abs(given - score) < 1e-9, f"{server.name}: {given}, not {score}"


def measure(bundle: Path, folder: Path, rounds: int, connections: int, seconds: float) -> dict[str, Any]:
    """Run both servers and load them in turn."""
    rows, scores = fixed_rows(bundle)
    make_model_folder(bundle, folder / "mlflow", "m-benchmark", "0" * 32)
    ours_bodies, mlflow_bodies = folder / "ours.jsonl", folder / "mlflow.jsonl"
    ours_bodies.write_text("".join(json.dumps({"records": [row]}) + "\n" for row in rows), encoding="utf-8")
    mlflow_bodies.write_text("".join(json.dumps({"dataframe_records": [row]}) + "\n" for row in rows), encoding="utf-8")
    mlflow_environment = {"__pyfunc_model_path__": str(folder / "mlflow")}
    with (
        small_project() as project,
        released(project, bundle) as gateway,
        running(
            "MLflow", ["mlflow.pyfunc.scoring_server.app:app"], "/invocations", mlflow_environment, mlflow_bodies
        ) as peer,
    ):
        ours = Server("ours", f"{gateway.url}/v1/capabilities/{NAME}/predict", gateway.process, ours_bodies)
        for server in (ours, peer):
            check(server, scores)
            server.load(connections, 1.0)
        found = [{one.name: one.load(connections, seconds) for one in (ours, peer)} for _ in range(rounds)]
        lone = {one.name: one.load(1, min(seconds, 2.0)) for one in (ours, peer)}
    ratios = [one["ours"]["requests/s"] / max(one["MLflow"]["requests/s"], 0.1) for one in found]
    return {
        "targets": TARGETS,
        "connections": connections,
        "ours requests/s": median(one["ours"]["requests/s"] for one in found),
        "MLflow requests/s": median(one["MLflow"]["requests/s"] for one in found),
        "ours / MLflow": round(median(ratios), 1),
        "rounds": found,
        "one connection": lone,
    }


def main() -> None:
    """Read the command line, measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--bundle", type=Path, default=ROOT / "data" / "flight-delay" / "bundle", help="a release's folder"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each server in each round")
    parser.add_argument("--no-results", action="store_true", help="print only")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        found = measure(given.bundle.resolve(), Path(folder), given.rounds, given.connections, given.seconds)
    text = json.dumps(found, indent=2) + "\n"
    if not given.no_results:
        write_bytes(RESULTS, text.encode())
    print(text, end="")


if __name__ == "__main__":
    main()
