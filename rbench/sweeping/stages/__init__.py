"""What is done for a job, one file a stage: a function `work` of the job and what it is `Given`,
which fills a folder and returns the stage's result.

Each file imports what its stage does, and nothing else when it runs: what it leads to is the code
in the keys of its jobs, see `rbench.sweeping.code`.
"""
