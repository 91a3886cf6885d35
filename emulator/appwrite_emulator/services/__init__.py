"""One handler for each SDK method. It has the same name as the method."""
