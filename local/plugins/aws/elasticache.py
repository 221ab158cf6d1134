"""What ElastiCache's resources have in common: names in lower case, and tags by ARN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from local.plugins.aws.resource import named, tag_changes, tag_list
from local.plugins.aws.session import Session
from local.plugins.schema import Property
from local.plugins.values import Properties, Value


def lowered(value: Value) -> Value:
    """Text as ElastiCache keeps it."""
    return value.lower() if isinstance(value, str) else value


NAME: Final[dict[str, Property]] = {"name": replace(named(prefix=False)["name"], canonical=lowered)}


def retag(elasticache: Any, session: Session, old: Properties, new: Properties) -> None:
    """Bring the tags of something of ElastiCache's to what is wanted."""
    added, removed = tag_changes(session, old, new)
    if removed:
        elasticache.remove_tags_from_resource(ResourceName=old["arn"], TagKeys=removed)
    if added:
        elasticache.add_tags_to_resource(ResourceName=old["arn"], Tags=tag_list(added))
