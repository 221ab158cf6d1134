"""How the auth token of a replication group is changed, proven and recovered."""
