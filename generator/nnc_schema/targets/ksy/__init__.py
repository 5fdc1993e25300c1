"""The Kaitai target: a schema as a .ksy file, as far as Kaitai Struct can say it."""
