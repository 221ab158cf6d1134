"""What the parts of one component have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Scope:
    """The component that parts belong to, and the names and tags they take from it."""

    owner: pulumi.ComponentResource
    prefix: str
    """The component's own name."""
    tags: Mapping[str, pulumi.Input[str]]
    """On every part that takes tags."""

    def name(self, part: str) -> str:
        """The name, for Pulumi, of the part called `part`."""
        return f"{self.prefix}-{part}"

    def tagged(self, part: str) -> dict[str, pulumi.Input[str]]:
        """The tags of the part called `part`."""
        return {**self.tags, "Name": self.name(part)}

    def child(self) -> pulumi.ResourceOptions:
        """The options of a part."""
        return pulumi.ResourceOptions(parent=self.owner)

    def look(self) -> pulumi.InvokeOptions:
        """The options of a question to AWS, asked through the component's own provider."""
        return pulumi.InvokeOptions(parent=self.owner)
