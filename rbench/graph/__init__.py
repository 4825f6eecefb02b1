"""The Keras graphs that encoders are built into."""
