"""Strings that come from or go to the outside: names, lines, command lines."""
