"""What goes in: rbench's own context encoders, found through the same door as anybody's."""
