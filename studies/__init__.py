"""Studies that come with rbench: TOML files, found by name with `rbench.study.Study.read`."""
