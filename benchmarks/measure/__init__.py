"""How one case is measured: clock, rounds, memory, page faults, machine."""
