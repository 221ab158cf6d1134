"""What a person writes: Pulumi.yaml, the stack's settings file, and the configuration the two make together."""
