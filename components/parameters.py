"""The engine's parameters."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.rules import engines
from components.scope import Scope


def parameter_group(
    scope: Scope,
    *,
    group_id: pulumi.Input[str],
    engine: pulumi.Input[str],
    engine_version: pulumi.Input[str],
    parameters: Mapping[str, pulumi.Input[str]],
) -> aws.elasticache.ParameterGroup:
    """The parameters that differ from the defaults of the family, which follows from the engine and its version.

    Named by Pulumi: a family cannot be changed in place, and a group of the same name cannot be made while the old one
    is in use. It is in use for as long as a new major version waits for the maintenance window; a deployment before
    that changes all it should and ends in AWS's refusal to delete the old one, a deployment afterwards deletes it.
    """
    return aws.elasticache.ParameterGroup(
        scope.name("parameters"),
        description=pulumi.Output.concat("Parameters of ", group_id),
        family=pulumi.Output.all(engine, engine_version).apply(lambda pair: engines.parse(*pair).family),
        parameters=[
            aws.elasticache.ParameterGroupParameterArgs(name=name, value=value)
            for name, value in sorted(parameters.items())
        ],
        tags=scope.tagged("parameters"),
        opts=scope.child(),
    )
