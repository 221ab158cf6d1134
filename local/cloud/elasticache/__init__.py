"""An ElastiCache of our own: botocore's service model on the wire, the data plane of ``nodes`` behind it."""
