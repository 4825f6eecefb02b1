"""The tools that come with rbench, each in its folder and none known to what stands above."""
