"""RENUM's functions: what the deployed entry modules share. Rules live in SQL; this package moves messages and runs
models."""
