from django.db import migrations, models


class Migration(migrations.Migration):
    """Rename the model `Piece` to `Chunk`. Its table keeps its name, so data files need no change."""

    dependencies = [
        ("appwrite_emulator", "0005_due_messages_and_devices"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("Piece", "Chunk"),
                migrations.AlterModelTable("Chunk", "appwrite_emulator_piece"),
                migrations.AlterField(
                    "Chunk",
                    "start",
                    models.BigIntegerField(help_text="offset in the file: a multiple of CHUNK_SIZE"),
                ),
                migrations.AlterField(
                    "Chunk",
                    "file",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="chunks", to="appwrite_emulator.file"),
                ),
            ]
        ),
    ]
