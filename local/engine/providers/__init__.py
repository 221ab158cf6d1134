"""Provider plugins: found, started and ended as processes, spoken to by the protocol of Pulumi's providers."""
