"""The JavaScript target: a reader of the schema as an ES module."""
