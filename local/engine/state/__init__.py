"""What a stack is known to be: the checkpoint, its lock, and the seal on its secrets."""
