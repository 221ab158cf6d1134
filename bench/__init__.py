"""How long things take, and what they need: `make bench`. It measures and prints; it judges nothing."""
