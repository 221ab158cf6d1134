"""What happens during an operation, told to whoever listens: the display, the event log, a test."""
