"""What the real server knows of the world: countries, currencies, languages. Tables of facts; names by CLDR."""
