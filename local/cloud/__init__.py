"""A small AWS on loopback: moto, and an ElastiCache whose replication groups are real Redis servers.

``client`` starts and finds it, ``__main__`` is the process itself, ``redis_server`` gets the Redis it needs.
"""
