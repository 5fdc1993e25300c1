"""What a server and its nodes say to each other, whatever engine carries it."""
