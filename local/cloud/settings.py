"""What can be set on a running cloud: how slow it is, what it does where AWS's behaviour is open, what goes wrong."""

import json
import threading
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

Seconds = Annotated[float, Field(ge=0, le=3600)]
_Open = Literal["apply", "refuse"]


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
    """All settings. A change holds for what is under way, too."""

    delay: Seconds = Field(default=0.0, description="seconds that each change of the control plane takes")
    node_stagger: Seconds = Field(default=0.0, description="seconds after which the next node learns of a token")
    status_lag: Seconds = Field(default=0.0, description="seconds after a call that the status reads as before")
    puzzle: bool = Field(
        default=False, description="groups that are made with a token from now on ask for none until SET"
    )
    set_without_rotate: _Open = Field(default="refuse", description="SET of a token that was not rotated in")
    same_token: _Open = Field(default="refuse", description="the newest token sent again")
    cut_on_set: bool = Field(default=False, description="SET closes the clients' connections")
    faults: tuple[Fault, ...] = Field(default=(), description="what happens to the next calls of an operation")

    def table(self) -> list[tuple[str, str, str]]:
        """Each setting by its JSON name, its value as JSON has it, and its meaning."""
        values = self.model_dump(mode="json", by_alias=True)
        fields = type(self).model_fields.items()
        return [(to_camel(name), json.dumps(values[to_camel(name)]), field.description or "") for name, field in fields]


def explained(error: ValidationError) -> str:
    """What is wrong with settings, on one line."""
    return "; ".join(_said(problem) for problem in error.errors(include_input=False))


def _said(problem: ErrorDetails) -> str:
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        return f"there is no setting {place!r}; there are {', '.join(name for name, *_ in Settings().table())}"
    return f"{place}: {problem['msg']}"


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
