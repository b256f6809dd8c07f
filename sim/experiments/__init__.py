"""Many runs: ensembles and what is learned from them."""
