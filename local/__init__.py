"""Try the program without AWS: a local cloud, an engine, stand-in plugins."""
