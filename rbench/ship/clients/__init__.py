"""The clients that every bundle carries, each one file that needs no rbench."""
