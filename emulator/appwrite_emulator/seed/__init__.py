"""Export and import all data as one JSON file, the seed (docs/seed-format.md).

model_tree    the models and their nesting in the file, derived from the models themselves
fields        one model field as JSON, and back
exporting     writing stored data to a file
defaults      defaults for fields that a hand-written file can omit
importing     loading a file into the database, completely or not at all
rows          export and import of a table's rows
project_file  the Appwrite CLI's project file (`appwrite.config.json`) as a seed

New models need no code here, because `model_tree` finds them. A test fails for a model that is neither found nor
excluded.
"""

from appwrite_emulator.seed.exporting import export, export_text
from appwrite_emulator.seed.fields import SeedError
from appwrite_emulator.seed.importing import Report, load, read

__all__ = ["Report", "SeedError", "export", "export_text", "load", "read"]
