"""Countries, currencies and languages as the real server lists them; names from CLDR."""
