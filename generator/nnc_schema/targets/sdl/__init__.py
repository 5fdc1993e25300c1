"""The SDL target: a schema in the Syntactic Description Language of ISO/IEC 14496-34."""
