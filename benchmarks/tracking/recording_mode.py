"""The dispatch mode that sees each op, below autograd: in forward, backward and recomputations."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class RecordingMode(TorchDispatchMode):
    """A mode that calls its own `note` with each op.

    It takes no callback: one bound to the object that holds the mode would make a cycle, which keeps tensors alive.
    """

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op and return its result. A subclass also notes what it wants to know about it."""
        raise NotImplementedError

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return False. Without this method torch would load its compiler at the first op, which takes two seconds."""

        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self.note(func, args, kwargs or {})
