"""DescribeCacheEngineVersions and DescribeEvents: what there is to read."""

from datetime import timedelta
from typing import Any

from local.cloud.elasticache.context import Context
from local.cloud.elasticache.engines import ENGINES, VERSIONS, find_version
from local.cloud.elasticache.paging import page
from local.cloud.elasticache.state import now

_NAMES = {"redis": "Redis", "valkey": "Valkey"}
_DEFAULT_MINUTES = 60


def engine_versions(_: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCacheEngineVersions."""
    newest = [find_version(engine, None) for engine in ENGINES]
    found = [
        {
            "Engine": version.engine,
            "EngineVersion": version.asked,
            "CacheParameterGroupFamily": version.family,
            "CacheEngineDescription": _NAMES[version.engine],
            "CacheEngineVersionDescription": f"{version.engine} version {version.full}",
        }
        for version in VERSIONS
        if request.get("Engine", version.engine) == version.engine
        and request.get("EngineVersion", version.asked) in (version.asked, version.full)
        and request.get("CacheParameterGroupFamily", version.family) == version.family
        and (not request.get("DefaultOnly") or version in newest)
    ]
    return page(request, "CacheEngineVersions", found)


def events(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeEvents, of the last hour unless the request says otherwise."""
    end = request.get("EndTime", now())
    start = request.get("StartTime", end - timedelta(minutes=request.get("Duration", _DEFAULT_MINUTES)))
    found = [
        {
            "SourceIdentifier": event.source,
            "SourceType": event.source_type,
            "Message": event.message,
            "Date": event.date,
        }
        for event in context.region.events
        if start <= event.date <= end
        and request.get("SourceIdentifier", event.source) == event.source
        and request.get("SourceType", event.source_type) == event.source_type
    ]
    return page(request, "Events", found)
