"""What a night's questions look like to an embedder: computed once, kept beside the contents, and removed with them."""

# Late imports: start-up time.
from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from roadworthy.canonical import canonical_json
from roadworthy.digest import digest_bytes
from roadworthy.errors import Unavailable
from roadworthy.store import AlreadyStored, NotStored, Store
from roadworthy.telemetry.places import EMBEDDINGS, folder

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from roadworthy.retrieval.interface import Embedder

_DIGEST = 64


def embedded(
    store: Store, capability: str, day: date, texts: Sequence[str], embedder: Embedder
) -> NDArray[numpy.float32]:
    """Return one row a text; from the store where these texts of this day were embedded so before.

    They are kept under a digest of the embedder and the texts: late questions, or another model, are embedded anew, and
    so is what can't be read. That they can't be kept is no error: the next night embeds them again.
    """
    key = _key(capability, day, texts, embedder.identity)
    with suppress(NotStored):
        kept = _read(store.read(key), len(texts))
        if kept is not None:
            return kept
    found = embedder.embed(texts)
    with suppress(AlreadyStored, Unavailable):
        store.create(key, _written(found))
    return found


def _key(capability: str, day: date, texts: Sequence[str], identity: str) -> str:
    what = [text.encode("utf-8", "surrogatepass").hex() for text in texts]
    return f"{folder(EMBEDDINGS, day)}{capability}-{digest_bytes(canonical_json([identity, what]))}.npy"


def _written(rows: NDArray[numpy.float32]) -> bytes:
    import numpy

    file = io.BytesIO()
    numpy.save(file, rows, allow_pickle=False)
    return digest_bytes(file.getvalue()).encode() + file.getvalue()


def _read(content: bytes, rows: int) -> NDArray[numpy.float32] | None:
    """Return what was written; None where it is damaged."""
    import numpy

    digest, array = content[:_DIGEST], content[_DIGEST:]
    if digest != digest_bytes(array).encode():
        return None
    found: NDArray[numpy.float32] = numpy.load(io.BytesIO(array), allow_pickle=False)
    return found if len(found) == rows else None
