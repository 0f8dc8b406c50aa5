"""Hashes all runs of characters of a text at once, to what scikit-learn's `HashingVectorizer` hashes each of them."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint32]

_SPACE = 32
_FIRST, _SECOND = 0xCC9E2D51, 0x1B873593
_TIMES, _PLUS = 5, 0xE6546B64
_LAST_FIRST, _LAST_SECOND = 0x85EBCA6B, 0xC2B2AE35


@dataclass(frozen=True)
class RunHasher:
    """Hashes the runs of `least` to `most` characters within words: MurmurHash3_x86_32 (A. Appleby), with seed 0.

    The words are as scikit-learn's analyzer `char_wb` has them: with a space before and after. `least` is 3 at most, so
    that no word is shorter than that and would count as a whole.
    """

    least: int
    most: int

    def __post_init__(self) -> None:
        if not 1 <= self.least <= min(3, self.most):
            raise ValueError("runs have from 1, 2 or 3 characters on")

    def hashes(self, words: list[str]) -> Hashes:
        """Return the hash of each run in each of `words`, which are ASCII and not empty; in no particular order."""
        import numpy as np

        found = [_mixed_last(mixed, length) for length, mixed in self._mixed(words)]
        return np.concatenate(found) if found else np.empty(0, np.uint32)

    def _mixed(self, words: list[str]) -> list[tuple[int, Hashes]]:
        """Return, for each length of runs, what becomes of their bytes before the last step."""
        import numpy as np

        if not words:
            return []
        text = f" {'  '.join(words)} ".encode("ascii")
        count = len(text)
        # Four bytes from each position on, as one number; beyond the end are zeros, which no run holds.
        fours: Hashes = np.ndarray((count,), "<u4", text + b"\0\0\0\0", strides=(1,)).astype(np.uint32)
        borders = (fours & 0xFFFF) == (_SPACE << 8 | _SPACE)
        inside, mixed, blocks = np.ones(count, bool), np.zeros(count, np.uint32), 0
        found = []
        for length in range(1, min(self.most, count) + 1):
            if length > 1:
                # A run holds no two spaces side by side: between them one word ends and the next one begins.
                inside = inside[:-1] & ~borders[length - 2 : count - 1]
            if length // 4 > blocks:
                mixed = _with_block(mixed[: count - length + 1], fours[length - 4 : count - 3])
                blocks = length // 4
            if length >= self.least:
                found.append((length, self._ended(mixed, fours, length)[: len(inside)][inside]))
        return found

    def _ended(self, mixed: Hashes, fours: Hashes, length: int) -> Hashes:
        """Take in the bytes after the last block of four."""
        rest = length % 4
        if not rest:
            return mixed
        count = len(fours) - length + 1
        last = fours[length - rest : length - rest + count] & _number((1 << 8 * rest) - 1)
        return mixed[:count] ^ _scrambled(last)


def hashes_of(texts: Iterable[str]) -> Hashes:
    """Return the hash of each of `texts`, in order. Raises `UnicodeEncodeError` for half a surrogate pair."""
    import numpy as np
    from sklearn.utils import murmurhash3_32

    return np.fromiter((murmurhash3_32(text.encode()) for text in texts), np.int32).view(np.uint32)


def _scrambled(block: Hashes) -> Hashes:
    block = block * _number(_FIRST)
    return _turned(block, 15) * _number(_SECOND)


def _with_block(mixed: Hashes, block: Hashes) -> Hashes:
    return _turned(mixed ^ _scrambled(block), 13) * _number(_TIMES) + _number(_PLUS)


def _mixed_last(mixed: Hashes, length: int) -> Hashes:
    mixed = mixed ^ _number(length)
    mixed ^= mixed >> 16
    mixed *= _number(_LAST_FIRST)
    mixed ^= mixed >> 13
    mixed *= _number(_LAST_SECOND)
    mixed ^= mixed >> 16
    return mixed


def _turned(number: Hashes, bits: int) -> Hashes:
    return (number << _number(bits)) | (number >> _number(32 - bits))


def _number(value: int) -> np.uint32:
    import numpy as np

    return np.uint32(value)
