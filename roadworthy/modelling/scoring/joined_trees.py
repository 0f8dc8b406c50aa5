"""All trees of a boosted model as one tree, so that a single call walks them all.

scikit-learn walks tree by tree, and lets go of Python's lock for each: a thread beside a busy event loop then waits a
hundred times for it. One more column tells the trees' numbers; nodes that look at it lead to each tree's root.
"""

# Late imports: start-up time.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

_NUMBERS_AT_ONCE = 2**18
"""A block of rows, repeated for each tree, has about so many numbers: 2 MB."""


@dataclass(frozen=True)
class JoinedTrees:
    """The trees of a fitted HistGradientBoostingClassifier of two classes; sums of leaves in the trees' order."""

    nodes: numpy.ndarray
    left_categories: numpy.ndarray
    known_categories: numpy.ndarray
    category_columns: numpy.ndarray
    trees: int
    columns: int
    baseline: float

    def sums(self, rows: numpy.ndarray) -> numpy.ndarray:
        """Return the raw prediction of each of `rows`, an array of float64 of shape (rows, columns)."""
        import numpy

        at_once = max(1, _NUMBERS_AT_ONCE // (self.trees * (self.columns + 1)))
        blocks = [self._block(rows[start : start + at_once]) for start in range(0, len(rows), at_once)]
        return blocks[0] if len(blocks) == 1 else numpy.concatenate(blocks)

    def _block(self, rows: numpy.ndarray) -> numpy.ndarray:
        import numpy
        from sklearn.ensemble._hist_gradient_boosting._predictor import _predict_from_raw_data

        repeated = numpy.empty((len(rows), self.trees, self.columns + 1))
        repeated[:, :, :-1] = rows[:, None, :]
        repeated[:, :, -1] = numpy.arange(self.trees)
        leaves = numpy.empty((len(rows), self.trees + 1))
        leaves[:, 0] = self.baseline
        out = numpy.empty(len(rows) * self.trees)
        flat = repeated.reshape(len(out), self.columns + 1)
        _predict_from_raw_data(
            self.nodes, flat, self.left_categories, self.known_categories, self.category_columns, 1, out
        )
        leaves[:, 1:] = out.reshape(len(rows), self.trees)
        # Added one after the other, as scikit-learn does: numpy's sum would round otherwise.
        sums: numpy.ndarray = numpy.add.accumulate(leaves, axis=1)[:, -1]
        return sums


def join_trees(estimator: Any) -> JoinedTrees:
    """Join the trees of a fitted HistGradientBoostingClassifier of two classes."""
    import numpy

    trees = [iteration[0] for iteration in estimator._predictors]
    columns = len(estimator._bin_mapper.n_bins_non_missing_)
    known_categories, category_columns = estimator._bin_mapper.make_known_categories_bitsets()
    return JoinedTrees(
        nodes=_joined_nodes(
            [tree.nodes for tree in trees], [len(tree.raw_left_cat_bitsets) for tree in trees], columns
        ),
        left_categories=numpy.concatenate([tree.raw_left_cat_bitsets for tree in trees]),
        known_categories=known_categories,
        category_columns=numpy.append(category_columns, 0).astype(category_columns.dtype),
        trees=len(trees),
        columns=columns,
        baseline=float(estimator._baseline_prediction[0, 0]),
    )


def _joined_nodes(trees: list[numpy.ndarray], bitsets: list[int], column: int) -> numpy.ndarray:
    """Return the nodes that choose a tree by its number in `column`, followed by those of all trees."""
    import numpy

    choosing = numpy.zeros(len(trees) - 1, trees[0].dtype)
    roots = len(choosing) + numpy.cumsum([0, *map(len, trees)])
    _fill_choosing(choosing, column, roots, 0, len(trees), iter(range(len(choosing))))
    moved, categories_before = [], 0
    for nodes, root, count in zip(trees, roots[:-1], bitsets, strict=True):
        moved.append(_moved(nodes, root, categories_before))
        categories_before += count
    return numpy.concatenate([choosing, *moved])


def _fill_choosing(nodes: numpy.ndarray, column: int, roots: numpy.ndarray, low: int, high: int, free: Any) -> int:
    """Fill the nodes that choose among the trees from `low` up to `high`; return the place of their root."""
    if high - low == 1:
        return int(roots[low])
    place, middle = next(free), (low + high) // 2
    nodes[place]["feature_idx"], nodes[place]["num_threshold"] = column, middle - 0.5
    nodes[place]["left"] = _fill_choosing(nodes, column, roots, low, middle, free)
    nodes[place]["right"] = _fill_choosing(nodes, column, roots, middle, high, free)
    return int(place)


def _moved(nodes: numpy.ndarray, root: int, categories_before: int) -> numpy.ndarray:
    moved = nodes.copy()
    inner = moved["is_leaf"] == 0
    for side in ("left", "right"):
        moved[side][inner] += moved[side].dtype.type(root)
    by_category = inner & (moved["is_categorical"] == 1)
    moved["bitset_idx"][by_category] += moved["bitset_idx"].dtype.type(categories_before)
    return moved
