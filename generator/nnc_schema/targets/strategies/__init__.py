"""What draws valid and broken data out of a schema, for tests."""
