"""What the program is made of. Importing any of its modules changes nothing and reads no configuration."""
