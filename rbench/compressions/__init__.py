"""Our compressions, registered like anybody's. docs/recipes.md says what each of them gives."""
