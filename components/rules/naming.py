"""Names and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

GROUP_SUFFIX: Final = "-cache"
"""What the id of the replication group adds to the base name."""

OWN_TAGS: Final = ("Name", "Service")
"""Tags that the program sets on everything."""

_LONGEST_ID: Final = 40
_MOST_TAGS, _LONGEST_TAG_KEY, _LONGEST_TAG_VALUE = 50, 128, 256
_TAG_TEXT: Final = re.compile(r"[\w .:/=+@-]*")


def group_id(base_name: str) -> str:
    """The id of the replication group that belongs to `base_name`."""
    return base_name + GROUP_SUFFIX


def base_name_makes_an_id(base_name: str) -> Iterator[str]:
    """The base name and what is added to it must make an id that ElastiCache takes: 1 to 40 small letters, digits and
    single hyphens, a letter first, no hyphen last."""
    if not base_name:
        yield "is empty; name what this group is for, such as `pulumi config set baseName orders`"
        return
    for text in _id_problems(group_id(base_name)):
        yield f"makes the replication group's id {group_id(base_name)}, which {text}"


def replication_group_id_is_one(replication_group_id: str) -> Iterator[str]:
    """1 to 40 small letters, digits and single hyphens, a letter first, no hyphen last (CreateReplicationGroup:
    ReplicationGroupId, which it puts into small letters by itself)."""
    yield from _id_problems(replication_group_id)


def adopted_id_is_one(adopt: str) -> Iterator[str]:
    """The id of a group that is there already, or empty."""
    if adopt:
        yield from _id_problems(adopt)


def _id_problems(text: str) -> Iterator[str]:
    if not 1 <= len(text) <= _LONGEST_ID:
        yield f"has {len(text)} characters; ElastiCache takes 1 to {_LONGEST_ID}"
    if text != text.lower():
        yield f"has capitals, which ElastiCache would change; write {text.lower()}"
    if not re.fullmatch(r"[A-Za-z0-9-]*", text):
        yield "has characters other than letters, digits and hyphens"
    if not re.match(r"[A-Za-z]", text):
        yield "does not begin with a letter"
    if "--" in text:
        yield "has two hyphens in a row"
    if text.endswith("-"):
        yield "ends in a hyphen"


def service_is_a_tag(service: str) -> Iterator[str]:
    """The service is the value of a tag: at most 256 letters, digits, spaces and `_.:/=+-@`."""
    yield from _tag_value_problems(service)


def tags_are_tags(tags: Mapping[str, str]) -> Iterator[str]:
    """At most 48 tags beside Name and Service, which are set by other keys; keys of 1 to 128, values of at most 256
    letters, digits, spaces and `_.:/=+-@`; no key begins with `aws:`."""
    if len(tags) > _MOST_TAGS - len(OWN_TAGS):
        yield f"are {len(tags)}; AWS takes {_MOST_TAGS} on a resource, and {' and '.join(OWN_TAGS)} are two of them"
    for key, value in tags.items():
        if key in OWN_TAGS:
            yield f"{key}: is set by the program; use the keys service and baseName"
        if not 1 <= len(key) <= _LONGEST_TAG_KEY or not _TAG_TEXT.fullmatch(key):
            yield f"{key!r}: a tag's key has 1 to {_LONGEST_TAG_KEY} letters, digits, spaces and _.:/=+-@"
        if key.lower().startswith("aws:"):
            yield f"{key}: keys that begin with aws: are AWS's own"
        for text in _tag_value_problems(value):
            yield f"{key}: {text}"


def _tag_value_problems(value: str) -> Iterator[str]:
    if len(value) > _LONGEST_TAG_VALUE or not _TAG_TEXT.fullmatch(value):
        yield f"a tag's value has at most {_LONGEST_TAG_VALUE} letters, digits, spaces and _.:/=+-@"


CHECKS: Final = (base_name_makes_an_id, replication_group_id_is_one, adopted_id_is_one, service_is_a_tag, tags_are_tags)
