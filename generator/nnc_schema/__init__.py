"""Compiles syntax tables, written as standards write them, into code and documents."""
