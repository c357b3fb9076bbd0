"""What keeps source, migrations and database the same: migration writer, drift check and lints (map: `README.md`)."""
