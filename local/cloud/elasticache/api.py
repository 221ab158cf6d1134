"""ElastiCache's front: from a request's form fields to an answer."""

import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.elasticache import (
    catalog,
    clusters,
    failover,
    groups,
    modify,
    parameter_groups,
    replicas,
    snapshots,
    subnet_groups,
    tags,
)
from local.cloud.elasticache.context import Context, Handler, Services
from local.cloud.elasticache.errors import ApiError
from local.cloud.elasticache.protocol import Answer, QueryProtocol
from local.cloud.errors import CloudError

_HANDLERS: dict[str, Handler] = {
    "AddTagsToResource": tags.add,
    "CreateCacheParameterGroup": parameter_groups.create,
    "CreateCacheSubnetGroup": subnet_groups.create,
    "CreateReplicationGroup": groups.create,
    "CreateSnapshot": snapshots.create,
    "DeleteCacheParameterGroup": parameter_groups.delete,
    "DeleteCacheSubnetGroup": subnet_groups.delete,
    "DeleteReplicationGroup": groups.delete,
    "DeleteSnapshot": snapshots.delete,
    "DecreaseReplicaCount": replicas.decrease,
    "IncreaseReplicaCount": replicas.increase,
    "DescribeCacheClusters": clusters.describe,
    "DescribeCacheEngineVersions": catalog.engine_versions,
    "DescribeCacheParameterGroups": parameter_groups.describe,
    "DescribeCacheParameters": parameter_groups.describe_parameters,
    "DescribeCacheSubnetGroups": subnet_groups.describe,
    "DescribeEngineDefaultParameters": parameter_groups.describe_defaults,
    "DescribeEvents": catalog.events,
    "DescribeReplicationGroups": groups.describe,
    "DescribeSnapshots": snapshots.describe,
    "ListTagsForResource": tags.show,
    "ModifyCacheParameterGroup": parameter_groups.modify,
    "ModifyCacheSubnetGroup": subnet_groups.modify,
    "ModifyReplicationGroup": modify.modify,
    "RemoveTagsFromResource": tags.remove,
    "ResetCacheParameterGroup": parameter_groups.reset,
    "TestFailover": failover.test,
}


@dataclass(frozen=True)
class Reply:
    """An answer, and the request as it was understood, for the log of calls."""

    answer: Answer
    parameters: Mapping[str, Any]


class ElastiCache:
    """All regions of the service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._protocol = QueryProtocol("elasticache")

    def call(self, region: str, fields: Mapping[str, str]) -> Reply:
        """Carry out one request."""
        request_id = str(uuid.uuid4())
        parameters: Mapping[str, Any] = dict(fields)
        try:
            operation, handler = self._operation(fields.get("Action", ""))
            parameters = request = self._protocol.parse(operation, fields)
            state = self._services.state
            with state.lock:
                result = handler(Context(state.region(region), self._services), request)
                return Reply(self._protocol.answer(operation, result, request_id), parameters)
        except ApiError as error:
            refusal = error
        except CloudError as error:
            refusal = ApiError("InternalFailure", str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours is answered as AWS answers its own
            traceback.print_tb(error.__traceback__)  # without the message, which may quote the request
            refusal = ApiError(
                "InternalFailure", f"The local cloud failed ({type(error).__name__}); its log says where."
            )
        return Reply(self._protocol.error(refusal, request_id), parameters)

    def refusal(self, code: str, message: str) -> Answer:
        """An error that was decided elsewhere, in this service's form."""
        return self._protocol.error(ApiError(code, message), str(uuid.uuid4()))

    def _operation(self, name: str) -> tuple[Any, Handler]:
        if name not in self._protocol.model.operation_names:
            raise ApiError(
                "InvalidAction", f"Could not find operation {name} for version {self._protocol.model.api_version}"
            )
        if name not in _HANDLERS:
            raise ApiError("NotImplemented", f"The local cloud does not have ElastiCache's operation {name}.")
        return self._protocol.model.operation_model(name), _HANDLERS[name]
