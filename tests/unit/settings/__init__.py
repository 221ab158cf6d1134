"""The configuration: its rules, its schema, and how it is read."""
