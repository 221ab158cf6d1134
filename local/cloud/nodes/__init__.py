"""The data plane: redis-server processes, the addresses clients see, and who may authenticate. It knows nothing of AWS."""
