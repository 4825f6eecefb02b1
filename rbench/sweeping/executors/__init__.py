"""Where a sweep's jobs are done: the executors, and the contract that they keep."""
