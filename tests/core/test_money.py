"""Money: exact, one currency, nothing lost in splitting."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.core.money import Money, decimals

minors = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "ISK"])


@given(minors, currencies)
def test_major_units_round_trip(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.amount, currency) == money
    assert Money.of(str(money.amount), currency) == money


@given(minors, minors, minors, currencies)
def test_adding_is_a_group(a: int, b: int, c: int, currency: str) -> None:
    one, two, three = Money(a, currency), Money(b, currency), Money(c, currency)
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one - one == Money.zero(currency)
    assert (one < two) == (a < b)
    assert one + (-one) == Money.zero(currency)


@given(minors, currencies, st.lists(st.integers(0, 1000), min_size=1).filter(sum))
def test_allocation_loses_nothing_and_is_fair(minor: int, currency: str, weights: list[int]) -> None:
    parts = Money(minor, currency).allocate(weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Decimal(part.minor) - Decimal(minor) * weight / sum(weights)) < 1
        assert weight > 0 or part.minor == 0


def test_examples() -> None:
    assert (str(Money(1999, "eur")), str(Money(500, "JPY")), str(Money(1234, "KWD"))) == (
        "19.99 EUR",
        "500 JPY",
        "1.234 KWD",
    )
    assert [m.minor for m in Money(100, "EUR").allocate([1, 1, 1])] == [34, 33, 33]
    assert Money(5, "EUR").times(Decimal("0.5")) == Money(2, "EUR")
    assert Money.of("10", "JPY").minor == 10
    assert (decimals("JPY"), decimals("KWD"), decimals("EUR")) == (0, 3, 2)


def test_refused() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "EUR")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        Money(True, "EUR")
    with pytest.raises(TypeError):
        Money.of(1.5, "EUR")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        Money(1, "EUR").times(0.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        _ = Money(1, "EUR") + 1  # pyright: ignore[reportOperatorIssue]
    for amount, currency in (("1.5", "JPY"), ("0.001", "EUR"), ("NaN", "EUR")):
        with pytest.raises(ValueError):
            Money.of(amount, currency)
    with pytest.raises(ValueError):
        _ = Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError):
        Money(1, "EURO")
    with pytest.raises(ValueError):
        Money(1, "EUR").allocate([0, 0])
