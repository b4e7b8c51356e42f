"""What counts as one network address."""

import pytest

from enterprise_app.core.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
     (None, "unknown"), ("unix:", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_what_counts_as_one_address(address: str | None, network: str) -> None:
    assert network_of(address) == network
