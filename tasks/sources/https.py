"""A source on the web, and the careful download that package indexes use as well."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from roadworthy.errors import SourceError, Unavailable
from tasks.sources.interface import LARGEST_FILE, PIECE

if TYPE_CHECKING:
    import requests

ATTEMPTS = 4
TIMEOUT_SECONDS = 60.0
MOST_REDIRECTS = 5
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})

Result = TypeVar("Result")


class HttpsSource:
    """Files at https:// addresses."""

    def download(self, uri: str) -> str:
        """Each address is a download of its own."""
        return uri

    def fetch(self, uris: Sequence[str], folder: Path) -> dict[str, Path]:
        """Download the one file."""
        import requests

        (uri,) = uris
        target = folder / "download"
        with requests.Session() as session:
            # A redirect must not leave TLS, and there must be an end to them.
            session.adapters.pop("http://")
            session.max_redirects = MOST_REDIRECTS
            stream_to(session, uri, target, TIMEOUT_SECONDS)
        return {uri: target}


def stream_to(session: requests.Session, url: str, target: Path, timeout: float) -> None:
    """Download `url` to `target`, patiently, and never more than `LARGEST_FILE` bytes."""

    def once() -> None:
        with session.get(url, stream=True, timeout=timeout) as response:
            response.raise_for_status()
            _copy(response, url, target)

    with_patience(once, url)


def with_patience(call: Callable[[], Result], url: str) -> Result:
    """Call, and again a few times with growing, jittered pauses when the fault may pass.

    Raises `SourceError` for a refusal that will not change, `Unavailable` when patience is at its end.
    """
    import requests
    import tenacity

    trying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.3, max=10),
        reraise=True,
    )
    try:
        return trying(call)
    except requests.RequestException as error:
        raise _explained(error, url) from None


def public(url: str) -> str:
    """Return the address without credentials and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _copy(response: requests.Response, url: str, target: Path) -> None:
    length = 0
    with target.open("wb") as file:
        for piece in response.iter_content(PIECE):
            length += len(piece)
            if length > LARGEST_FILE:
                raise SourceError(
                    f"the download is larger than {LARGEST_FILE // 2**30} GiB",
                    where=public(url),
                    remedy="name the file itself; split the table if it really is that large",
                )
            file.write(piece)


def _may_pass(error: BaseException) -> bool:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in WORTH_ANOTHER_TRY
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing) and not isinstance(error, requests.exceptions.SSLError)


def _explained(error: requests.RequestException, url: str) -> SourceError | Unavailable:
    import requests

    if _may_pass(error):
        return Unavailable(
            f"no answer after {ATTEMPTS} attempts ({_reason(error)})",
            where=public(url),
            remedy="check the network and try again; what was fetched so far is kept",
        )
    if isinstance(error, requests.exceptions.InvalidSchema):
        remedy = "give an address that stays on https://"
    elif isinstance(error, requests.exceptions.SSLError):
        remedy = "name your authority's certificate in REQUESTS_CA_BUNDLE (for packages: pip's option cert)"
    else:
        remedy = "correct the address, or the credentials in your .netrc"
    return SourceError(f"the download was refused ({_reason(error)})", where=public(url), remedy=remedy)


def _reason(error: requests.RequestException) -> str:
    # Only the kind of error: its text holds the whole address, with whatever secrets are in it.
    if error.response is not None and error.response.status_code >= 400:
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
