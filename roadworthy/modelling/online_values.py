"""Which values a feature takes in a request, by the type of its column, and what the model gets of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from roadworthy.modelling.schema import Feature

Value = str | float | None
"""What a model gets: a category's text, a number (NaN is missing), or a text (None is missing)."""

Check = Callable[[object], Value]
"""Returns what the model gets; raises `ValueError` saying what the value should be."""

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_INTEGERS: Mapping[str, tuple[int, int]] = {
    **{name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()},
    **{f"U{name}": (0, 2**bits - 1) for name, bits in _BITS.items()},
}
"""DuckDB's integer types, each with its smallest and its largest value."""

_LARGEST = {"FLOAT": 3.4028234663852886e38, "DOUBLE": 1.7976931348623157e308}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_NAN = float("nan")


@dataclass(frozen=True)
class NumberRange:
    """The numbers that a column holds."""

    whole: bool
    least: float
    most: float

    @property
    def name(self) -> str:
        """What to call them to a person."""
        return f"a whole number from {self.least} to {self.most}" if self.whole else f"a number up to ±{self.most:.6g}"


def number_range(type_name: str) -> NumberRange | None:
    """Return the numbers of a DuckDB type; None when it is no type of numbers."""
    if type_name in _INTEGERS:
        least, most = _INTEGERS[type_name]
        return NumberRange(True, least, most)
    decimal = _DECIMAL.fullmatch(type_name)
    if decimal:
        bound = 10.0 ** (int(decimal[1]) - int(decimal[2]))
        return NumberRange(False, -bound, bound)
    if type_name in _LARGEST:
        return NumberRange(False, -_LARGEST[type_name], _LARGEST[type_name])
    return None


def check_for(feature: Feature) -> Check:
    """Return what checks the values of `feature`; null passes each check, and means missing."""
    if feature.kind == "text":
        return _text
    numbers = number_range(feature.type)
    if feature.kind == "numeric":
        if feature.type == "BOOLEAN":
            return _truth
        return _number(numbers or NumberRange(False, -_LARGEST["DOUBLE"], _LARGEST["DOUBLE"]))
    if feature.type == "BOOLEAN":
        return _truth_category
    return _number_category(numbers) if numbers else _text


def _text(value: object) -> Value:
    if value is None:
        return None
    if type(value) is not str:
        raise ValueError("should be a text")
    if not value.isascii():
        _check_unicode(value)
    return value


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON can spell half of a pair (\ud800), which no encoding can write.
        raise ValueError("should be a text of whole characters") from None


def _truth(value: object) -> Value:
    if value is None:
        return _NAN
    if type(value) is not bool:
        raise ValueError("should be true or false")
    return float(value)


def _truth_category(value: object) -> Value:
    return None if value is None else str(_truth(value) == 1)


def _number(numbers: NumberRange) -> Check:
    least, most, whole, wanted = numbers.least, numbers.most, numbers.whole, f"should be {numbers.name}"

    def check(value: object) -> Value:
        if value is None:
            return _NAN
        # Booleans are no numbers, and so not asked for with isinstance. NaN fails the comparison.
        if (type(value) is not int and type(value) is not float) or not least <= value <= most:
            raise ValueError(wanted)
        number = float(value)
        if whole and not number.is_integer():
            raise ValueError(wanted)
        return number

    return check


def _number_category(numbers: NumberRange) -> Check:
    check = _number(numbers)

    def text(value: object) -> Value:
        number = check(value)
        if not isinstance(number, float) or math.isnan(number):
            return None
        if isinstance(value, int):
            return str(value)
        # Whole numbers are written alike, as in FeatureSchema.select.
        return str(int(number)) if number.is_integer() else str(number)

    return text
