"""The demonstration: a bakery asks its customers, scripted people answer, and everything is read back as the owner."""
