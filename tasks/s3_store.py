"""The store in S3, or in anything that speaks its protocol with conditional writes.

The endpoint comes from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, credentials and region from where every AWS
tool looks for them. Late imports below: start-up time.
"""

from __future__ import annotations

import io
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from roadworthy.atomic import replacing_folder_or_file
from roadworthy.errors import UsageError
from roadworthy.store import already_stored, checked_key, checked_prefix, checked_removable, explaining
from tasks.s3_errors import failed, refused, status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_WRITER = "roadworthy-writer"
_PIECE = 1 << 20
_LARGEST = 5 * 1024**3
"""Bytes that S3 takes in one conditional write."""
_TRIES = 5


@dataclass(frozen=True)
class S3Store:
    """A store below `s3://bucket/prefix`; the bucket has to exist. May be shared by threads, not by forks."""

    address: str

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return urlsplit(self.address).netloc

    @property
    def prefix(self) -> str:
        """What the store puts before each key: empty, or ending with a slash."""
        path = urlsplit(self.address).path.strip("/")
        return f"{path}/" if path else ""

    def create(self, key: str, content: bytes) -> None:
        """See `Store.create`."""
        self._put(key, io.BytesIO(content))

    def create_from_file(self, key: str, path: Path) -> None:
        """See `Store.create_from_file`; raises `UsageError` above 5 GiB."""
        if path.stat().st_size > _LARGEST:
            raise UsageError(
                "S3 takes at most 5 GiB in one conditional write.",
                where=str(path),
                remedy="Split the file, or keep releases in a folder.",
            )
        with path.open("rb") as file:
            self._put(key, file)

    def read(self, key: str) -> bytes:
        """See `Store.read`."""
        with io.BytesIO() as buffer:
            self._get(key, buffer)
            return buffer.getvalue()

    def read_to_file(self, key: str, path: Path) -> None:
        """See `Store.read_to_file`."""
        with explaining(path), replacing_folder_or_file(path) as temporary, temporary.open("wb") as file:
            self._get(key, file)

    def contains(self, key: str) -> bool:
        """See `Store.contains`."""
        name = self.prefix + checked_key(key)
        with self._explaining():
            # A HEAD request could not tell a missing key from a missing bucket. The name itself sorts first.
            answer = self._client.list_objects_v2(Bucket=self.bucket, Prefix=name, MaxKeys=1)
        return any(found["Key"] == name for found in answer.get("Contents", []))

    def keys(self, prefix: str = "") -> list[str]:
        """See `Store.keys`."""
        name = self.prefix + checked_prefix(prefix)
        with self._explaining():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=name)
            found = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sorted(each.removeprefix(self.prefix) for each in found)

    def remove(self, key: str) -> None:
        """See `Store.remove`; in a bucket with versions every one of them goes, else it would only be hidden."""
        name = self.prefix + checked_removable(key)
        with self._explaining():
            for version in self._versions(name):
                self._client.delete_object(Bucket=self.bucket, Key=name, VersionId=version)

    def _versions(self, name: str) -> list[str]:
        """Return the versions of an object and the marks of its deletion; without versions there is one, `null`."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=name)
        found = [each for page in pages for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))]
        return [each["VersionId"] for each in found if each["Key"] == name]

    def _put(self, key: str, content: BinaryIO) -> None:
        from botocore.exceptions import ClientError

        name, writer = self.prefix + checked_key(key), uuid.uuid4().hex
        with self._explaining():
            try:
                self._put_once(name, content, writer)
            except ClientError as error:
                if status_of(error) != 412:
                    raise
                # The answer to a first try may have been lost on its way: then the winner is this writer.
                if self._writer(name) != writer:
                    raise already_stored(key, self.address) from error

    def _put_once(self, name: str, content: BinaryIO, writer: str) -> None:
        """Write when there is nothing; try again when another write to the name was under way (409)."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

        conflict = retry_if_exception(lambda error: status_of(error) == 409)
        waits = wait_random_exponential(multiplier=0.1, max=2)
        for attempt in Retrying(retry=conflict, wait=waits, stop=stop_after_attempt(_TRIES), reraise=True):
            with attempt:
                content.seek(0)
                self._client.put_object(
                    Bucket=self.bucket, Key=name, Body=content, IfNoneMatch="*", Metadata={_WRITER: writer}
                )

    def _writer(self, name: str) -> str | None:
        return self._client.head_object(Bucket=self.bucket, Key=name)["Metadata"].get(_WRITER)

    def _get(self, key: str, target: BinaryIO) -> None:
        """Copy what is kept under `key` to `target`; start again when the connection breaks on the way."""
        from botocore.exceptions import IncompleteReadError, ResponseStreamingError
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        broken = retry_if_exception_type((IncompleteReadError, ResponseStreamingError))
        name = self.prefix + checked_key(key)
        with self._explaining(key):
            for attempt in Retrying(retry=broken, stop=stop_after_attempt(3), reraise=True):
                with attempt:
                    target.seek(0)
                    target.truncate()
                    body = self._client.get_object(Bucket=self.bucket, Key=name)["Body"]
                    shutil.copyfileobj(body, target, _PIECE)

    @cached_property
    def _client(self) -> S3Client:
        import boto3
        from botocore.config import Config

        if not self.bucket:
            raise UsageError(
                "The store's address names no bucket.", where=self.address, remedy="Write s3://bucket/prefix."
            )
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            request_checksum_calculation="when_supported",
            response_checksum_validation="when_supported",
        )
        try:
            with self._explaining():
                # A session of its own: boto3's default session must not be shared between threads.
                return boto3.session.Session().client("s3", config=config)
        except ValueError as error:
            raise UsageError(
                "The address of the S3 service is not a URL.",
                where="AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL",
                remedy="Write it as https://host:port.",
            ) from error

    @contextmanager
    def _explaining(self, key: str | None = None) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise refused(error, self.address, key) from error
        except BotoCoreError as error:
            raise failed(error, self.address, key) from error
