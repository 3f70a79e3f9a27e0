"""What stages hand on, one file a format, in folders by what they carry."""
