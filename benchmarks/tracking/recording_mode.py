"""The dispatch mode that sees each op: below autograd, in forward, backward and recomputations."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class RecordingMode(TorchDispatchMode):
    """Calls its own `note` with each op: a callback bound to what holds the mode would be a cycle, and hold tensors."""

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op and return its result; what a subclass notes of it."""
        raise NotImplementedError

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Asked as the class is made: torch would load its compiler, two seconds, at the first op."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self.note(func, args, kwargs or {})
