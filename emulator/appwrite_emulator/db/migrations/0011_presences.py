import django.db.models.deletion
from django.db import migrations, models

import appwrite_emulator.common.clock
import appwrite_emulator.common.ids
import appwrite_emulator.db.models.fields


class Migration(migrations.Migration):
    """Presences: the status that users publish."""

    dependencies = [
        ("appwrite_emulator", "0010_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "id",
                    appwrite_emulator.db.models.fields.IdField(
                        db_collation="NOCASE",
                        default=appwrite_emulator.common.ids.unique,
                        max_length=36,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(default=appwrite_emulator.common.clock.now)),
                ("updated_at", models.DateTimeField(default=appwrite_emulator.common.clock.now)),
                ("status", models.TextField()),
                ("source", models.CharField(help_text="realtime, rest or graphql", max_length=16)),
                ("expires_at", models.DateTimeField()),
                ("metadata", models.JSONField(default=dict)),
                ("permissions", models.JSONField(default=list)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="presence",
                        to="appwrite_emulator.user",
                    ),
                ),
            ],
        ),
    ]
