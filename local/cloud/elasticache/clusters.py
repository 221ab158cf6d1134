"""DescribeCacheClusters: the members of replication groups. There are no clusters outside of them."""

from typing import Any

from local.cloud.elasticache import render
from local.cloud.elasticache.context import Context
from local.cloud.elasticache.errors import ApiError
from local.cloud.elasticache.paging import page


def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeCacheClusters."""
    if request.get("ShowCacheClustersNotInReplicationGroups"):
        return {"CacheClusters": []}
    name = request.get("CacheClusterId", "").lower()
    clusters = [
        render.cache_cluster(group, member, with_nodes=bool(request.get("ShowCacheNodeInfo")))
        for group in context.region.groups.values()
        for member in group.members
        if name in ("", member.cluster_id)
    ]
    if name and not clusters:
        raise ApiError("CacheClusterNotFoundFault", f"CacheCluster not found: {name}")
    return page(request, "CacheClusters", clusters)
