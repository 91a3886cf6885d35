"""Messages: their wording, translations and delivery."""
