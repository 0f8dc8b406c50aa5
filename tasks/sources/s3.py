"""A source in S3, or in anything that speaks its protocol."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from roadworthy.errors import SourceError, Unavailable
from tasks.sources.interface import LARGEST_FILE

REMEDY = "check bucket and key, AWS_ENDPOINT_URL, and that your credentials may read them"


class S3Source:
    """Objects at s3://bucket/key; endpoint, region and credentials as boto3 finds them."""

    def download(self, uri: str) -> str:
        """Each object is a download of its own."""
        return uri

    def fetch(self, uris: Sequence[str], folder: Path) -> dict[str, Path]:
        """Download the one object."""
        import boto3
        from botocore import exceptions
        from botocore.config import Config

        (uri,) = uris
        bucket, key = _bucket_and_key(uri)
        target = folder / "download"
        # boto3's standard mode waits with jitter between its attempts.
        patience = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=10, read_timeout=60)
        try:
            client = boto3.client("s3", config=patience)
            _check_size(client.head_object(Bucket=bucket, Key=key)["ContentLength"], uri)
            client.download_file(bucket, key, str(target))
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise Unavailable(f"S3 does not answer ({type(error).__name__})", where=uri, remedy=REMEDY) from None
        except exceptions.ClientError as error:
            raise _refused(error.response["ResponseMetadata"]["HTTPStatusCode"], uri) from None
        except (exceptions.BotoCoreError, ValueError) as error:
            raise SourceError(f"the object can't be fetched: {error}", where=uri, remedy=REMEDY) from None
        return {uri: target}


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    key = unquote(parts.path.removeprefix("/"))
    if not (parts.netloc and key):
        raise SourceError("the address names no object", where=uri, remedy="write s3://bucket/key")
    return parts.netloc, key


def _check_size(length: int, uri: str) -> None:
    if length > LARGEST_FILE:
        raise SourceError(f"the object is larger than {LARGEST_FILE // 2**30} GiB", where=uri, remedy="split the table")


def _refused(status: int, uri: str) -> SourceError | Unavailable:
    if status == 429 or status >= 500:
        return Unavailable(f"S3 answers HTTP {status}", where=uri, remedy="try again later")
    problem = "there is no such object" if status == 404 else f"S3 refuses the object (HTTP {status})"
    return SourceError(problem, where=uri, remedy=REMEDY)
