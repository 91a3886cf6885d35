"""One handler for each SDK method, under the SDK's name."""
