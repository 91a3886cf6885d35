"""What a person types to sign in."""

from django import forms
from django.utils.translation import gettext_lazy as _


class LoginForm(forms.Form):
    """One address. 320 characters is the longest an address can be (RFC 5321, 4.5.3.1)."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=320,
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("That is no e-mail address. It looks like name@example.com."),
            "max_length": _("That address is too long."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
