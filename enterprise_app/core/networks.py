"""What counts as one network address where somebody is counted by where they come from."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str | None) -> str:
    """An IPv4 address, or the /64 that a single IPv6 customer has to itself; `unknown` for what is no address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
