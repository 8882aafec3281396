"""A counter that stands still unless told otherwise, and a subject that sees what is alive when."""

import weakref

from benchmarks.inputs import Subject

TICK, RESTORE, CALL, BACKWARD, LET_GO = 40, 1000, 7, 11, 300


class Counter:
    """A clock in nanoseconds that moves only where the script says so; each reading costs a tick."""

    def __init__(self):
        self.ns = 0

    def __call__(self):
        self.ns += TICK
        return self.ns


class World:
    """A subject whose parts take known times, and which records what is alive when."""

    def __init__(self, now, variant):
        self.now = now
        self.alive = weakref.WeakSet()
        self.restored = 0
        self.alive_at_restore = []
        self.alive_at_call = []
        call = self.outofplace if variant == "outofplace" else self.inplace
        self.subject = Subject(self.restore, call, self.backward)

    def make(self):
        world = self

        class Value:
            def __del__(self):
                world.now.ns += LET_GO

        value = Value()
        self.alive.add(value)
        return value

    def restore(self):
        self.alive_at_restore.append(len(self.alive))
        self.restored += 1
        self.now.ns += RESTORE
        return self.make()

    def outofplace(self, x):
        self.now.ns += CALL
        self.alive_at_call.append(len(self.alive))
        return self.make()

    def inplace(self, x):
        self.now.ns += CALL
        self.alive_at_call.append(len(self.alive))
        return x

    def backward(self, result):
        self.now.ns += BACKWARD
        return (self.make(),)
