"""Tells of many patterns at once which of them may match in a text: their words are looked for all together.

The text's runs of three characters, hashed, are marked in a table. A word can stand in the text only where its own runs
are marked, which numpy looks up for all words of all patterns in a few steps. What is left, mostly nothing, is looked
for as ever: the answer is exactly that of each pattern's own sieve.
"""

# Late imports: start-up time.
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

from roadworthy.guardrails.needed_words import Sieved, sieve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

_RUN = 3
_RUNS = 3
"""So many runs of each word are looked up: its first, its middle and its last one."""
_BITS = 16
_SPREAD = 0x9E3779B1
"""An odd number near 2³² over the golden ratio: neighbours fall far apart (Knuth, TAOCP 3, section 6.4)."""
_SHORT = 64
"""In texts up to so many characters words are found sooner one by one."""
_LAST = 16
"""Texts whose runs are kept: several guards, one after the other, look at the same one."""


class ManySieves(Generic[T]):
    """Patterns in the order in which they are tried, each with what it stands for. Safe for threads."""

    def __init__(self, patterns: Iterable[tuple[T, re.Pattern[str]]]) -> None:
        self._sieves = tuple((meaning, sieve(pattern)) for meaning, pattern in patterns)

    def __iter__(self) -> Iterator[tuple[T, Sieved]]:
        """Iterate over all of them."""
        return iter(self._sieves)

    def passing(self, folded: str) -> Iterator[tuple[T, re.Pattern[str]]]:
        """Yield in order those patterns that may match in a text; `folded` is what `fold` makes of it."""
        if len(folded) <= _SHORT:
            yield from ((meaning, one.pattern) for meaning, one in self._sieves if one.may_match(folded))
            return
        words = self._words
        for number in words.sieves_with_words_of_each_list(folded):
            if words.others[number].may_match(folded):
                meaning, one = self._sieves[number]
                yield meaning, one.pattern

    @cached_property
    def _words(self) -> _Words:
        """Made when the first text needs it: a policy that is only read brings no numpy."""
        return _words_of([one for _, one in self._sieves])


@dataclass(frozen=True)
class _Words:
    """The words of several sieves, from the lists all of whose words are long enough to have runs."""

    texts: tuple[str, ...]
    runs: NDArray[np.intp]
    """Where in the table their runs stand, shape (3, words)."""
    lists: NDArray[np.intp]
    """By word, the number of its list."""
    sieves: NDArray[np.intp]
    """By list, the number of its sieve."""
    others: tuple[Sieved, ...]
    """The sieves with the lists that are left."""

    def sieves_with_words_of_each_list(self, folded: str) -> list[int]:
        """Return in order the numbers of the sieves of which each list has a word in the text."""
        import numpy as np

        marked = _marked(folded)
        first, middle, last = self.runs
        likely = np.flatnonzero(marked[first] & marked[middle] & marked[last]).tolist()
        missing = np.ones(len(self.sieves), bool)
        missing[self.lists[[number for number in likely if self.texts[number] in folded]]] = False
        left = np.ones(len(self.others), bool)
        left[self.sieves[missing]] = False
        found: list[int] = np.flatnonzero(left).tolist()
        return found


def _words_of(sieves: Sequence[Sieved]) -> _Words:
    import numpy as np

    long = [[words for words in one.needed if min(map(len, words)) >= _RUN] for one in sieves]
    lists = [(number, words) for number, some in enumerate(long) for words in some]
    words = [(place, word) for place, (_, some) in enumerate(lists) for word in some]
    return _Words(
        texts=tuple(word for _, word in words),
        runs=np.array([_some(_runs(word)) for _, word in words], np.intp).reshape(-1, _RUNS).T.copy(),
        lists=np.array([place for place, _ in words], np.intp),
        sieves=np.array([number for number, _ in lists], np.intp),
        others=tuple(
            Sieved(one.pattern, tuple(words for words in one.needed if words not in some))
            for one, some in zip(sieves, long, strict=True)
        ),
    )


def _some(runs: NDArray[np.intp]) -> list[int]:
    """Return the first, the middle and the last of a word's runs."""
    return [int(runs[0]), int(runs[len(runs) // 2]), int(runs[-1])]


@lru_cache(maxsize=_LAST)
def _marked(folded: str) -> NDArray[np.bool_]:
    import numpy as np

    table = np.zeros(1 << _BITS, bool)
    table[_runs(folded)] = True
    return table


def _runs(text: str) -> NDArray[np.intp]:
    """Return where each run of three bytes stands in the table; of two equal ones at the same place."""
    import numpy as np

    # Words are ASCII: as bytes they stand where they stand as characters.
    content = text.encode("utf-8", "surrogatepass")
    fours = np.ndarray((len(content) - _RUN + 1,), "<u4", content + b"\0", strides=(1,))
    return ((fours & np.uint32(0xFFFFFF)) * np.uint32(_SPREAD) >> np.uint32(32 - _BITS)).astype(np.intp)
