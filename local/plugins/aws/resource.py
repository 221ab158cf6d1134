"""What all resources of the aws stand-in have in common: a region, tags, errors that mean "not there"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from local.plugins.aws.session import Session
from local.plugins.schema import OUTPUT, AutoName, Call, Kind, Property, Resource
from local.plugins.values import UNKNOWN, Properties, Value, has_unknown

REGION: Final[Mapping[str, Property]] = {"region": Property(computed=True, replaces=True)}
TAGS: Final[Mapping[str, Property]] = {
    "tags": Property(kind=Kind.MAP),
    "tagsAll": Property(kind=Kind.MAP, output=True),
}
ARN: Final[Mapping[str, Property]] = {"arn": OUTPUT}


def named(rule: Any = None, *, length: int = 255, prefix: bool = True) -> dict[str, Property]:
    """`name`, made up when it is not given, and `namePrefix` where the resource has it."""
    name = Property(
        computed=True,
        replaces=True,
        autoname=AutoName(length=length),
        rule=rule,
        conflicts=("namePrefix",) if prefix else (),
    )
    if not prefix:
        return {"name": name}
    refused = "is not taken by the stand-in: give name, or neither"
    return {"name": name, "namePrefix": Property(computed=True, replaces=True, refused=refused)}


class AwsResource(Resource[Session]):
    """A resource in one region of AWS."""

    service: ClassVar[str]

    @override
    def planned(self, session: Session, inputs: Properties) -> Properties:
        """The region, and all tags: the provider's default tags under the resource's own."""
        known: Properties = {"region": inputs.get("region") or session.region}
        if "tagsAll" in self.properties:
            known["tagsAll"] = all_tags(session, inputs)
        return known

    def client(self, call: Call[Session], properties: Properties) -> Any:
        """The client for the resource's service and region."""
        return call.session.client(self.service, properties.get("region"))

    def found(self, call: Call[Session], prior: Properties, properties: Properties, tags: Tags = None) -> Properties:
        """What `read` returns: the properties, the region, and the tags as AWS lists them."""
        common: Properties = {"region": prior.get("region") or call.session.region}
        if "tagsAll" in self.properties:
            common |= split_tags(call.session, tags_dict(tags), prior.get("tags") or {})
        return {**properties, **common}


Tags = Iterable[Mapping[str, str]] | Mapping[str, str] | None


def all_tags(session: Session, inputs: Properties) -> Value:
    """The tags a resource is to have; unknown when its own are."""
    tags = inputs.get("tags") or {}
    return UNKNOWN if tags is UNKNOWN else {**session.default_tags, **tags}


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{key: name, value: text} for name, text in tags.items()]


def tags_dict(tags: Tags) -> dict[str, str]:
    """Tags as a dict, from any shape that services list them in; those of AWS itself are left out."""
    if not isinstance(tags, Mapping):
        tags = {tag.get("Key") or tag["TagKey"]: tag.get("Value") or tag.get("TagValue", "") for tag in tags or ()}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def split_tags(session: Session, tags: Mapping[str, str], own: Mapping[str, str]) -> Properties:
    """`tags` and `tagsAll`: a tag that equals one of the provider's defaults is its own only if it was."""
    mine = {key: value for key, value in tags.items() if key in own or session.default_tags.get(key) != value}
    return {"tags": mine, "tagsAll": dict(tags)}


def tag_changes(session: Session, old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove."""
    before, after = old.get("tagsAll") or {}, all_tags(session, new)
    added = {key: value for key, value in after.items() if before.get(key) != value}
    return added, sorted(set(before) - set(after))


def given(**arguments: Value) -> dict[str, Value]:
    """Arguments for boto3 without those that are None."""
    assert not has_unknown(arguments)
    return {key: value for key, value in arguments.items() if value is not None}
