"""Which slug a host name asks for."""

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def host_name(host: str) -> str:
    """A Host header without port, trailing dot and capitals."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".") if host.count(":") <= 1 else host


def is_platform_host(host: str, base_host: str) -> bool:
    """Whether the platform itself answers here."""
    name = host_name(host)
    return name == base_host or name in LOCAL_HOSTS


def slug_of_host(host: str, base_host: str) -> str | None:
    """The one label before the platform's host; None for the platform, deeper and foreign hosts."""
    name = host_name(host)
    label, dot, rest = name.partition(".")
    return label if dot and rest == base_host and label else None
