"""Forms for sign-in, a person's own account, and people's roles."""

import logging
import unicodedata
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LABELS, MAX_NAME, User
from accounts.repositories import mail_service
from accounts.repositories.subscriptions import TOPICS, SubscriptionRepository, campus_of
from core import errors
from core.appwrite_client import create_admin_client
from core.campuses import CAMPUSES, NATIONAL
from core.text_fields import AddressField, OneLine, clean_pasted

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise  # a package for type checking only

log = logging.getLogger(__name__)


def _address_field(required: "StrOrPromise", autocomplete: str) -> AddressField:
    """Return an e-mail field for the sign-in and invitation forms, with at most 320 characters (RFC 5321, 4.5.3.1).

    `required` is the error message for an empty field.
    """
    return AddressField(
        label=_("E-mail"),
        max_length=320,
        error_messages={
            "required": required,
            "invalid": _("Enter an e-mail address, for example name@example.com."),
            "max_length": _("That address is too long."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}),
    )


class LoginForm(forms.Form):
    email = _address_field(_("Enter your e-mail address."), autocomplete="email")


class CodeForm(forms.Form):
    """A form for a six-digit code.

    Remove spaces, hyphens and invisible characters, which are often pasted with the code.
    """

    code = forms.CharField(
        label=_("Code, six digits"),
        error_messages={"required": _("Enter the code from the e-mail.")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}
        ),
    )

    def clean_code(self) -> str:
        typed = clean_pasted(self.cleaned_data["code"])
        code = "".join(char for char in typed if unicodedata.category(char) not in ("Zs", "Pd", "Cc"))
        if len(code) != 6 or not code.isascii() or not code.isdigit():
            raise forms.ValidationError(_("The code has six digits."))
        return code


class NameForm(forms.Form):
    name = OneLine(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("Shown with your posts."),
        error_messages={
            "required": _("Enter the name to show with your posts."),
            "max_length": _("That name is too long. The limit is 128 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class Choices(forms.RadioSelect):
    """Radio buttons. The link in an error summary leads to the first button."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


class DeleteAccountForm(forms.Form):
    """The form in which a person confirms that they want to delete their account.

    To prevent accidents, they must type the account's e-mail address, `email`. If `email` is "", the form has no field
    for it. `can_hand_over`: True if the site's own account exists, in which case the person can hand their posts over
    to it.
    """

    DELETE, HAND_OVER = "delete", "hand_over"

    posts = forms.ChoiceField(
        label=_("What should happen to the posts you have published?"),
        choices=[
            (DELETE, _("Delete them, with their pictures")),
            (HAND_OVER, _("Leave them to BISO: they stay on the site without your name")),
        ],
        widget=Choices,
        error_messages={"required": _("Choose what should happen to your published posts.")},
    )
    email = forms.CharField(
        label=_("Your e-mail address"),
        error_messages={"required": _("Enter this account’s e-mail address.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, email: str, can_hand_over: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = email
        if not can_hand_over:
            del self.fields["posts"]
        if not email:
            del self.fields["email"]

    def clean_email(self) -> str:
        if clean_pasted(self.cleaned_data["email"]).lower() != self.expected.lower():
            raise forms.ValidationError(_("That is not this account’s e-mail address."))
        return self.expected

    @property
    def hands_over(self) -> bool:
        return self.cleaned_data.get("posts") == self.HAND_OVER


class InvitationForm(forms.Form):
    """The address to invite, and the person's role ("" for none)."""

    email = _address_field(_("Enter the address to invite."), autocomplete="off")
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("Member")), ("editor", _("Editor")), ("admin", _("Administrator"))],
    )


class LabelsForm(forms.Form):
    labels = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        choices=[(label, label) for label in LABELS],
        widget=forms.CheckboxSelectMultiple,
    )


class MailForm(forms.Form):
    """The form in which a person chooses which new posts to get by e-mail.

    The form works only if its `state`, the result of `mail_service.state()`, is `on`.
    """

    topic = forms.ChoiceField(label=_("E-mail me new posts"), required=False)

    def __init__(self, *args: Any, state: mail_service.State = "on", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = state
        topic = self.fields["topic"]
        assert isinstance(topic, forms.ChoiceField)
        topic.choices = [("", _("Never")), *((topic, topic_name(topic)) for topic in TOPICS)]

    @classmethod
    def for_user(cls, user: User) -> Self:
        """Return the form, filled in with the person's subscription. If Appwrite fails, set `state` and do not raise.

        If the person has never subscribed, do not call Appwrite.
        """
        state, topic = mail_service.state(), ""
        sentence = _("We’ll send them to %(email)s. You can unsubscribe with a link in each e-mail.") % {
            "email": user.email
        }
        if state == "on" and user.mail in TOPICS:
            try:
                if SubscriptionRepository(create_admin_client()).has(user.id, user.mail):
                    topic = user.mail
            except errors.SiteError as error:
                log.warning("A subscription could not be read: %s", error)
                state = mail_service.state_after(error)
        form = cls(initial={"topic": topic}, state=state)
        form.fields["topic"].help_text = sentence
        return form


def topic_name(topic: str) -> str:
    """Return a topic's name in the active language."""
    campus = campus_of(topic)
    if not campus:
        return str(_("From all campuses"))
    if campus == NATIONAL:
        return str(_("Only national posts"))
    return _("Only from %(campus)s") % {"campus": CAMPUSES[campus]}
