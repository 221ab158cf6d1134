"""The program: the stack's configuration in, a replication group that demands its token out."""

import pulumi

from components.replication_group import ReplicationGroup, ReplicationGroupArgs
from components.settings import load

settings = load(pulumi.Config())
group = ReplicationGroup(settings.base_name, ReplicationGroupArgs(**settings.arguments()))

pulumi.export("replicationGroupId", group.replication_group_id)
pulumi.export("primaryEndpoint", group.primary_endpoint)
pulumi.export("readerEndpoint", group.reader_endpoint)
pulumi.export("port", group.port)
pulumi.export("authToken", group.auth_token)
pulumi.export("rotation", group.rotation)
pulumi.export("secretArn", group.secret_arn)
