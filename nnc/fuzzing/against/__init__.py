"""Running another decoder on bitstreams, and sorting what it does with them."""
