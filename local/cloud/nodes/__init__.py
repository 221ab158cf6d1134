"""The data plane: redis-servers, the addresses clients see, who may authenticate. It knows nothing of AWS."""
