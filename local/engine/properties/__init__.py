"""Property values: in memory, on the wire, in the checkpoint, by path, and the difference between two of them."""
