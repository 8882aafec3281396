"""The dispatch mode that hands each op to the recorder: below autograd, in forward, backward and recomputations."""

from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class RecordingMode(TorchDispatchMode):
    """Calls `note` with each op, its arguments and its keyword arguments; `note` runs it and returns its result."""

    def __init__(self, note: Callable[[Any, tuple, dict], Any]) -> None:
        super().__init__()
        self._note = note

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Asked as the class is made: torch would load its compiler, two seconds, at the first op."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return self._note(func, args, kwargs or {})
