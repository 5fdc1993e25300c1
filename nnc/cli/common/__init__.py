"""What several verbs of the command share."""
