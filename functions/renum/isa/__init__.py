"""ISA: RENUM's admins command the system in Portuguese. The model says what is meant; SQL plans, asks and does."""
