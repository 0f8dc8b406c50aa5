"""What S3 and boto3 say, in our words: the address, the reason and a remedy, never a credential."""

from __future__ import annotations

from typing import Any

from roadworthy.errors import IntegrityError, RoadworthyError, Unavailable, UsageError
from roadworthy.store import not_stored

_CREDENTIALS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile in AWS_PROFILE)"
_REFUSED = {
    "NoSuchBucket": ("The store's bucket does not exist.", "Create the bucket, or correct ROADWORTHY_STORE."),
    "InvalidAccessKeyId": ("S3 does not know this access key.", f"{_CREDENTIALS}."),
    "SignatureDoesNotMatch": ("S3 refuses the secret key.", f"{_CREDENTIALS}."),
    "ExpiredToken": ("The credentials for S3 have expired.", "Sign in again, then run the command again."),
    "AccessDenied": ("S3 forbids this.", f"{_CREDENTIALS}, and the bucket's policy."),
    "RequestTimeTooSkewed": ("This machine's clock is wrong.", "Set it, then run the command again."),
}
_UNCONFIGURED = {
    "NoCredentialsError": ("There are no credentials for S3.", f"{_CREDENTIALS}."),
    "PartialCredentialsError": ("The credentials for S3 are incomplete.", f"{_CREDENTIALS}."),
    "ProfileNotFound": ("There is no such AWS profile.", f"{_CREDENTIALS}."),
    "ParamValidationError": ("S3 can't have such a name.", "Write ROADWORTHY_STORE as s3://bucket/prefix."),
}


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status in what S3 answered, or None when it did not answer."""
    answer: dict[str, Any] = getattr(error, "response", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


def refused(error: BaseException, address: str, key: str | None) -> RoadworthyError:
    """Return our error for an answer of S3 (botocore's `ClientError`)."""
    answer: dict[str, Any] = getattr(error, "response", {})
    code = str(answer.get("Error", {}).get("Code"))
    if code == "NoSuchKey" and key is not None:
        return not_stored(key, address)
    if code in _REFUSED:
        problem, remedy = _REFUSED[code]
        return UsageError(problem, where=address, remedy=remedy)
    return Unavailable(
        f"S3 does not do what was asked: {code} (HTTP {status_of(error)}).",
        where=address,
        remedy="Run the command again; when it stays so, ask whoever runs this S3.",
    )


def failed(error: BaseException, address: str, key: str | None) -> RoadworthyError:
    """Return our error for a request without a whole answer (botocore's `BotoCoreError`)."""
    kind = type(error).__name__
    if kind == "FlexibleChecksumError":
        return IntegrityError(
            f"What S3 sent for '{key}' does not match its checksum.",
            where=address,
            remedy="Run the command again; when it stays so, restore the object from a copy.",
        )
    if kind in _UNCONFIGURED:
        problem, remedy = _UNCONFIGURED[kind]
        return UsageError(problem, where=address, remedy=remedy)
    return Unavailable(
        f"S3 does not answer ({kind}).",
        where=address,
        remedy="Check the network and AWS_ENDPOINT_URL_S3, then run the command again.",
    )
