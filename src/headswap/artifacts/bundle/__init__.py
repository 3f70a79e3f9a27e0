"""What a user takes away: everything between a file with a picture and its classes."""
