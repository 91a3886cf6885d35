"""Everything in one file and back: the seed's format (docs/seed-format.md), exported, imported and started with.

tree          which models there are, and inside which other one each is written: read from the models themselves
fields        one field of a model as JSON, and back
exporting     what is stored, as one file
completing    what may be left out in a file that a person writes, and what stands there then
loading       a file into the database: all of it, or nothing
rows          the rows of a table, out and in
project_file  the project file of Appwrite's command line (`appwrite.config.json`), as a seed

A new model is exported and imported without a line here: `tree` finds it. A test fails for one that it cannot place.
"""

from appwrite_emulator.transfer.exporting import export
from appwrite_emulator.transfer.fields import Refused
from appwrite_emulator.transfer.loading import Report, load, read

__all__ = ["Refused", "Report", "export", "load", "read"]
