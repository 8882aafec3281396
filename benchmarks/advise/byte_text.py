"""Bytes as they are printed."""


def mib(count: int) -> str:
    """4194304 -> '4.00 MiB'; few bytes as they are."""
    if abs(count) < 10240:
        return f"{count} B"
    return f"{count / 2**20:.2f} MiB" if abs(count) >= 2**20 else f"{count / 1024:.1f} KiB"
