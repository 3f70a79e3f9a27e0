"""`headswap compare`: which run is best, which are as good, and how sure that is."""
