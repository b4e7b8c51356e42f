"""Visitors' addresses: valid or nothing, and without their last part where the setting says so."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=50_000)
def stored_address(text: str, truncate: bool) -> str | None:
    """The address to keep: IPv4 as /24 and IPv6 as /48 when truncated; None when it is none (a host name, a path)."""
    try:
        address = ip_address(text.strip().split("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not truncate:
        return str(address)
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False).network_address)
