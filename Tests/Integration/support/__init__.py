"""What the tests of the built product share: starting it, speaking to it, waiting for it."""
