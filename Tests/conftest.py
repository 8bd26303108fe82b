"""Makes what stands beside this file importable in every tier of tests."""
