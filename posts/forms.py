"""The form a post is written in. Every refusal is a sentence beside its field, and nothing typed is cut."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from biso_site.ids import is_id
from posts import models
from posts.models import Post

STATES = [("new", "new"), (models.DRAFT, models.DRAFT), (models.PUBLISHED, models.PUBLISHED)]


class Text(forms.CharField):
    """Text with an upper limit in characters. The limit is told afterwards, not by `maxlength`: a browser would cut
    what is pasted in silence."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-limit": self.limit}

    def to_python(self, value: Any) -> str:
        # Browsers send CR LF; a zero byte has no place in a text, and whoever pasted one cannot see it.
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\x00", "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.limit:
            raise ValidationError(
                _("This is %(length)s characters long. %(limit)s is the most."),
                params={"length": number_format(len(value), force_grouping=True), "limit": number_format(self.limit)},
            )


class PostForm(forms.Form):
    """Title, text, and what lists and filters need.

    `post_id` and `state` travel along so that a form can come back from anywhere (a preview, an outage, an ended
    session) and still know what it was about; `version` says which version of the post its writer has seen, and
    `form_key` tells one form from another. None of them is trusted: a forged one writes over what its sender may write
    over.
    """

    title = Text(limit=models.TITLE_MAX, label=_("Title"), error_messages={"required": _("Give the post a title.")})
    content = Text(
        limit=models.CONTENT_MAX,
        label=_("Text"),
        help_text=_("Written in Markdown: **bold**, *italic*, ## heading, [link](https://…)"),
        error_messages={"required": _("Write the text of the post.")},
        widget=forms.Textarea,
    )
    excerpt = Text(
        limit=models.EXCERPT_MAX,
        label=_("Excerpt"),
        required=False,
        help_text=_("One or two sentences for the list. If you leave it empty, we use the start of the text."),
        widget=forms.Textarea,
    )
    language = forms.ChoiceField(label=_("Language"), choices=models.LANGUAGES.items)
    campus = forms.ChoiceField(
        label=_("Campus"), required=False, choices=lambda: [("", _("None")), *models.CAMPUSES.items()]
    )
    tags = Text(limit=1000, label=_("Topics"), required=False, help_text=_("Separate them with commas, five at most."))
    post_id = forms.CharField(required=False, widget=forms.HiddenInput)
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    form_key = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def for_new(cls, post_id: str) -> "PostForm":
        """An empty form, with the id the post will have: a second submit of it can never make a second post. It has no
        key of its own: fetched anew from the same address, when one goes back, it is the same form."""
        return cls(initial={"post_id": post_id, "state": "new", "language": get_language()})

    @classmethod
    def for_post(cls, post: Post) -> "PostForm":
        return cls(
            initial={
                "title": post.title,
                "content": post.content,
                "excerpt": post.excerpt if post.has_own_excerpt else "",
                "language": post.language,
                "campus": post.campus,
                "tags": ", ".join(post.tags),
                "post_id": post.id,
                "state": post.status,
                "version": stamp(post),
                "form_key": models.new_id(),
            }
        )

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_excerpt(self) -> str:
        return " ".join(self.cleaned_data["excerpt"].split())

    def clean_tags(self) -> tuple[str, ...]:
        """Lower case, each once, in the order they were written."""
        typed = (" ".join(tag.lower().split()) for tag in self.cleaned_data["tags"].split(","))
        tags = tuple(dict.fromkeys(tag for tag in typed if tag))
        if len(tags) > models.TAGS_MAX:
            raise ValidationError(_("Five topics at most. You have %(count)s."), params={"count": len(tags)})
        for tag in tags:
            if len(tag) > models.TAG_MAX:
                params = {"limit": models.TAG_MAX, "tag": tag}
                raise ValidationError(_("A topic has %(limit)s characters at most: ‘%(tag)s’."), params=params)
        return tags

    def as_new(self) -> "PostForm":
        """The same text as a post that has no row yet: for the case that its row is gone."""
        return PostForm({**self._typed, "post_id": models.new_id(), "state": "new", "version": "", "form_key": ""})

    def over(self, post: Post) -> "PostForm":
        """The same text, to be saved over `post` by somebody who has seen it."""
        return PostForm({**self._typed, "post_id": post.id, "state": post.status, "version": stamp(post)})

    @property
    def _typed(self) -> dict[str, str]:
        return {name: self.data.get(name, "") for name in self.fields}

    def words(self) -> dict[str, str]:
        """What the form says in each field, as a person reads it."""
        said = self.initial if not self.is_bound else self.cleaned_data if self.is_valid() else self.data
        return {bound.name: _as_read(bound.field, said.get(bound.name)) for bound in self.visible_fields()}

    @property
    def text(self) -> str:
        """The text as typed, valid or not."""
        return str(self["content"].value() or "")

    @property
    def id(self) -> str:
        """The post's id as the form carries it; a new one where it is missing or no id of ours."""
        carried = str(self["post_id"].value() or "")
        return carried if is_id(carried) else models.new_id()

    @property
    def key(self) -> str:
        """Tells this form from others of the same post, also of the same person."""
        return str(self["form_key"].value() or "")

    @property
    def current_state(self) -> str:
        """`new`, `draft` or `published`: which buttons to offer."""
        value = self["state"].value()
        return value if value in dict(STATES) else "new"

    @property
    def base(self) -> datetime | None:
        """The version of the post that its writer has seen; None where the form does not say."""
        try:
            moment = datetime.fromisoformat(str(self["version"].value() or ""))
        except ValueError:
            return None
        return moment if moment.tzinfo else None


def stamp(post: Post) -> str:
    """The post's version as forms carry it."""
    return post.version.isoformat(timespec="milliseconds")


def _as_read(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.ChoiceField):
        value = dict(field.widget.choices).get(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")
