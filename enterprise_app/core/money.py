"""Money: whole minor units of one currency (ISO 4217). Adds only its own currency, never touches a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

DECIMALS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point where they are not 2."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`Money(1999, "EUR")` is 19.99 €, `Money(500, "JPY")` 500 ¥."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError(f"minor units are a whole number, not {type(self.minor).__name__}")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isalpha()):
            raise ValueError("a currency is three letters, such as EUR")
        if not self.currency.isupper():
            object.__setattr__(self, "currency", self.currency.upper())

    @classmethod
    def of(cls, amount: "Decimal | int | str", currency: str) -> Self:
        """From major units (`"19.99"`); raises ValueError when they have more digits than the currency."""
        if isinstance(amount, float):
            raise TypeError("money is never a float: pass a string or a Decimal")
        scaled = Decimal(amount).scaleb(decimals(currency))
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} is not an amount of {currency}: {decimals(currency)} digits after the point")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, of a currency."""
        return cls(0, currency)

    @property
    def amount(self) -> Decimal:
        """In major units, with the currency's digits."""
        return Decimal(self.minor).scaleb(-decimals(self.currency))

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def times(self, factor: "Decimal | int") -> "Money":
        """Multiplied, halves rounded to the even minor unit."""
        if isinstance(factor, float):
            raise TypeError("money is never multiplied by a float: pass a Decimal")
        return Money(int((Decimal(self.minor) * factor).to_integral_value(ROUND_HALF_EVEN)), self.currency)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by whole weights without losing a unit: the rest goes to the largest fractions, first come first."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights are not negative and not all zero")
        sign = -1 if self.minor < 0 else 1
        exact = [divmod(abs(self.minor) * weight, total) for weight in weights]
        parts = [share for share, _ in exact]
        by_fraction = sorted(range(len(exact)), key=lambda i: -exact[i][1])
        for i in by_fraction[: abs(self.minor) - sum(parts)]:
            parts[i] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money and {type(other).__name__} don't mix")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} don't mix")
        return other.minor


def decimals(currency: str) -> int:
    """Digits after the point."""
    return DECIMALS.get(currency.upper(), 2)
