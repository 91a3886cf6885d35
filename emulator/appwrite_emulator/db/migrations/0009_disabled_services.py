from django.db import migrations, models


class Migration(migrations.Migration):
    """Auth methods, services and protocols that the project disables for its users."""

    dependencies = [
        ("appwrite_emulator", "0008_project_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="disabled_auth_methods",
            field=models.JSONField(default=list, help_text="ways to sign in that users cannot use"),
        ),
        migrations.AddField(
            model_name="project",
            name="disabled_protocols",
            field=models.JSONField(default=list, help_text="protocols that only API keys can use"),
        ),
        migrations.AddField(
            model_name="project",
            name="disabled_services",
            field=models.JSONField(default=list, help_text="services that only API keys can call"),
        ),
    ]
