"""What can be set on a running cloud: how slow it is, what it does where AWS's behaviour is open, what goes wrong."""

import threading
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

Seconds = Annotated[float, Field(ge=0, le=3600)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Fault(_Model):
    """What happens to the next ``times`` calls of an operation, of any service.

    ``code`` answers with that error code and changes nothing, but two are special: ``applyThenDrop`` carries the call
    out and then closes the connection without an answer, ``dropBefore`` closes it first.
    """

    operation: str = Field(min_length=1)
    code: str = Field(min_length=1)
    times: int = Field(default=1, ge=1)


class Settings(_Model):
    """All settings, in seconds where they are times.

    ``delay``: how long each change of the control plane takes, those under way included. ``node_stagger``: how long
    after one node the next learns of a change of tokens. ``status_lag``: how long after a call the status still reads
    as before. ``puzzle``: a group created with a token asks for none until SET. ``set_without_rotate``: SET of a token
    that was not rotated in. ``same_token``: the newest token sent again. ``cut_on_set``: SET closes the clients'
    connections.
    """

    delay: Seconds = 0.0
    node_stagger: Seconds = 0.0
    status_lag: Seconds = 0.0
    puzzle: bool = False
    set_without_rotate: Literal["apply", "refuse"] = "refuse"
    same_token: Literal["apply", "refuse"] = "refuse"
    cut_on_set: bool = False
    faults: tuple[Fault, ...] = ()


def explained(error: ValidationError) -> str:
    """What is wrong with settings, on one line."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))


class LiveSettings:
    """The settings of a running cloud; whoever needs one reads ``now``."""

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self.now = settings

    def change(self, changes: dict[str, object]) -> Settings:
        """Change some settings, by their JSON names.

        Raises:
            pydantic.ValidationError: a name is unknown or a value is not allowed; nothing has changed then.
        """
        with self._lock:
            self.now = Settings.model_validate({**self.now.model_dump(by_alias=True), **changes})
            return self.now

    def take_fault(self, operation: str) -> Fault | None:
        """The fault that is due for a call of this operation, counted down."""
        with self._lock:
            for place, fault in enumerate(self.now.faults):
                if fault.operation == operation:
                    left = [fault.model_copy(update={"times": fault.times - 1})] if fault.times > 1 else []
                    faults = (*self.now.faults[:place], *left, *self.now.faults[place + 1 :])
                    self.now = self.now.model_copy(update={"faults": faults})
                    return fault
        return None
