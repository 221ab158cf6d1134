"""Stand-ins for the official `aws` and `random` Pulumi plugins: the real plugin protocol, boto3 behind it.

They know the resources and functions that this repository's program uses, and refuse everything else in words.
"""
