"""Export and import of all data in one JSON file, the seed format (docs/seed-format.md).

model_tree    the models and how they nest in the file, derived from the models themselves
fields        one model field as JSON, and back
exporting     writing stored data to a file
defaults      defaults for fields that a hand-written file may omit
importing     loading a file into the database, all or nothing
rows          rows of a table, both ways
project_file  the Appwrite CLI's project file (`appwrite.config.json`) as a seed

New models need no code here: `model_tree` finds them. A test fails for a model that is neither found nor excluded.
"""

from appwrite_emulator.seed.exporting import export, export_text
from appwrite_emulator.seed.fields import SeedError
from appwrite_emulator.seed.importing import Report, load, read

__all__ = ["Report", "SeedError", "export", "export_text", "load", "read"]
