"""What rbench needs of the system it runs on: files, processes, downloads. Knows no model."""
