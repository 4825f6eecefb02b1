"""Our schemes, registered like anybody's: one file each. docs/recipes.md says why they are so."""
