"""What recipes are made of: schemes and compressions, the contracts that they keep."""
