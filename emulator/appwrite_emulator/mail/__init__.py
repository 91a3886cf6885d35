"""Messages: their texts, translations and delivery."""
