"""Countries, currencies and languages as the real server lists them. The names are from CLDR."""
