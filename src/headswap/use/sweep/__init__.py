"""`headswap sweep`: many experiments by one command, and their answer at its end."""
