from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import appwrite_emulator.common.clock
import appwrite_emulator.db.models.fields


def move_tenant(apps: Any, _schema_editor: Any) -> None:
    """Move Microsoft's tenant to the settings, where every provider has its own fields."""
    for provider in apps.get_model("appwrite_emulator", "OAuth2Provider").objects.exclude(tenant=""):
        provider.settings = {"tenant": provider.tenant}
        provider.save()


class Migration(migrations.Migration):
    """Platforms of apps, policies and variables of the project, and all OAuth2 providers."""

    dependencies = [
        ("appwrite_emulator", "0007_log_actor"),
    ]

    operations = [
        migrations.AddField(
            model_name="oauth2code",
            name="verified",
            field=models.BooleanField(
                default=False, help_text="whether the provider says that it verified the address"
            ),
        ),
        migrations.AddField(
            model_name="oauth2provider",
            name="settings",
            field=models.JSONField(
                default=dict, help_text="further fields of this provider, by their names in the API"
            ),
        ),
        migrations.RunPython(move_tenant, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="oauth2provider",
            name="tenant",
        ),
        migrations.AddField(
            model_name="platform",
            name="key",
            field=models.CharField(blank=True, help_text="ID of an app; empty for a web platform", max_length=256),
        ),
        migrations.AddField(
            model_name="platform",
            name="updated_at",
            field=models.DateTimeField(default=appwrite_emulator.common.clock.now),
        ),
        migrations.AddField(
            model_name="project",
            name="created_at",
            field=models.DateTimeField(default=appwrite_emulator.common.clock.now),
        ),
        migrations.AddField(
            model_name="project",
            name="labels",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_accessed_at",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_email",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_id",
            field=models.BooleanField(default=False, help_text="members see each other's user ID"),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_mfa",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_name",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="members_user_phone",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="password_dictionary",
            field=models.BooleanField(default=False, help_text="reject common passwords"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_history",
            field=models.PositiveIntegerField(default=0, help_text="recent passwords that cannot be used again"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_lowercase",
            field=models.BooleanField(default=False, help_text="require a small letter"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_min_length",
            field=models.PositiveIntegerField(default=8),
        ),
        migrations.AddField(
            model_name="project",
            name="password_number",
            field=models.BooleanField(default=False, help_text="require a digit"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_personal_data",
            field=models.BooleanField(default=False, help_text="reject passwords with personal data"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_symbols",
            field=models.BooleanField(default=False, help_text="require a symbol"),
        ),
        migrations.AddField(
            model_name="project",
            name="password_uppercase",
            field=models.BooleanField(default=False, help_text="require a capital letter"),
        ),
        migrations.AddField(
            model_name="project",
            name="session_alert",
            field=models.BooleanField(default=False, help_text="mail users about new sessions"),
        ),
        migrations.AddField(
            model_name="project",
            name="session_duration",
            field=models.PositiveIntegerField(default=31536000, help_text="in seconds"),
        ),
        migrations.AddField(
            model_name="project",
            name="session_invalidation",
            field=models.BooleanField(default=True, help_text="a changed password ends other sessions"),
        ),
        migrations.AddField(
            model_name="project",
            name="updated_at",
            field=models.DateTimeField(default=appwrite_emulator.common.clock.now),
        ),
        migrations.AddField(
            model_name="project",
            name="user_limit",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="user",
            name="password_history",
            field=models.JSONField(default=list, help_text="Argon2 hashes of recent passwords, oldest first"),
        ),
        migrations.AlterField(
            model_name="platform",
            name="hostname",
            field=models.CharField(blank=True, help_text="of a web platform", max_length=256),
        ),
        migrations.AlterField(
            model_name="project",
            name="session_limit",
            field=models.PositiveIntegerField(default=0, help_text="sessions of one user"),
        ),
        migrations.CreateModel(
            name="ProjectVariable",
            fields=[
                (
                    "id",
                    appwrite_emulator.db.models.fields.IdField(
                        db_collation="NOCASE", max_length=36, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=appwrite_emulator.common.clock.now)),
                ("updated_at", models.DateTimeField(default=appwrite_emulator.common.clock.now)),
                ("key", models.CharField(max_length=255)),
                ("value", models.TextField(blank=True)),
                ("secret", models.BooleanField(default=True, help_text="hidden in responses; functions can read it")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variables",
                        to="appwrite_emulator.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "key"), name="one_project_variable_per_key")
                ],
            },
        ),
    ]
