"""Media types, image transforms, SVG and avatar images."""
