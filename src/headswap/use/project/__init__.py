"""`headswap init` and `headswap upgrade`: a project of one's own, without a clone."""
