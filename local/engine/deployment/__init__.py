"""The deployment: what a registration means for the resource it names, and the steps that make it so."""
