"""What the local cloud itself can fail with; AWS's errors are in ``elasticache.errors``."""


class CloudError(Exception):
    """One sentence for the person at the terminal: what is wrong, where, what to do."""
