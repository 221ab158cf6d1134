"""The program and its component, run under mocks of the engine."""
