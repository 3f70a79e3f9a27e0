"""How arrays and tables lie on disk, whatever they carry."""
