"""What is found out about a schema before anything is made of it."""
