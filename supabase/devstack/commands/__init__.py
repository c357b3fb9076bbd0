"""Command groups of `renum`. Each module has `register(app)` and imports what is heavy inside its commands."""
