"""A number of bytes as text."""


def mib(count: int) -> str:
    """Return a number of bytes as text: 4194304 as '4.00 MiB', 20480 as '20.0 KiB', 100 as '100 B'."""
    if abs(count) < 10240:
        return f"{count} B"
    return f"{count / 2**20:.2f} MiB" if abs(count) >= 2**20 else f"{count / 1024:.1f} KiB"
