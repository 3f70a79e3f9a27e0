"""The stage `report`: see `stage`."""
