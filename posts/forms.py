"""The form a post is written in. Every refusal is a sentence beside its field, and nothing typed is cut."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.ids import is_id
from core.text_fields import NormalField, OneLine, normal
from posts import cover_sizes, models
from posts.covers import images
from posts.covers.images import PictureError, PictureProblem
from posts.editing import pending_covers
from posts.models import Post

MB = 1024 * 1024
STATES = [("new", "new"), (models.DRAFT, models.DRAFT), (models.PUBLISHED, models.PUBLISHED)]


class Text(NormalField):
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
                _("This is %(length)s characters long. The limit is %(limit)s."),
                params={
                    "length": number_format(len(value), force_grouping=True),
                    "limit": number_format(self.limit, force_grouping=True),
                },
            )


class Line(OneLine, Text):
    """A text of one line."""


PICTURE_ERRORS = {
    PictureProblem.TOO_MANY_PIXELS: _("The picture has too many pixels. The limit is %(pixels)s million."),
    PictureProblem.TOO_SMALL: _("The picture is too small. It needs at least %(width)s × %(height)s pixels."),
    PictureProblem.NOT_A_PICTURE: _("We can’t read this file as a picture. Choose a JPEG, PNG, WebP, GIF or AVIF."),
    PictureProblem.BROKEN: _("The picture is damaged. Save it again, or choose another one."),
}


class Picture(forms.FileField):
    """A picture, cleaned to the bytes of a cover."""

    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        empty = {"empty": PICTURE_ERRORS[PictureProblem.NOT_A_PICTURE]}
        super().__init__(required=False, error_messages=empty, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": ",".join(f"image/{name.lower()}" for name in images.FORMATS)}

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        if upload is None:
            return None
        if upload.size > images.MAX_BYTES:  # posts.covers.uploads has told the size and kept nothing else
            params = {"size": number_format(upload.size / MB, 1), "limit": images.MAX_BYTES // MB}
            raise ValidationError(_("The picture is %(size)s MB. The limit is %(limit)s MB."), params=params)
        upload.seek(0)  # a form that is stopped is looked at twice
        try:
            return images.cover(upload.read())
        except PictureError as error:
            width = cover_sizes.WIDTHS[0]
            limits = {"pixels": error.limit // 10**6, "width": width, "height": cover_sizes.height(width)}
            raise ValidationError(PICTURE_ERRORS[error.reason], params=limits) from error


class PostForm(forms.Form):
    """Title, text, and what lists and filters need.

    `post_id` and `state` travel along so that a form can come back from anywhere (a preview, an outage, an ended
    session) and still know what it was about; `version` says which version of the post its writer has seen, and
    `form_key` tells one form from another. None of them is trusted: a forged one writes over what its sender may write
    over. `cover_id` is the cover that its writer has seen, and `kept_cover` the key of one that waits to be saved.
    """

    title = Line(limit=models.MAX_TITLE, label=_("Title"), error_messages={"required": _("Give the post a title.")})
    content = Text(
        limit=models.MAX_CONTENT,
        label=_("Text"),
        help_text=_("Written in Markdown: **bold**, *italic*, ## heading, [link](https://…)"),
        error_messages={"required": _("Write the text of the post.")},
        widget=forms.Textarea,
    )
    excerpt = Line(
        limit=models.MAX_EXCERPT,
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
    cover = Picture(
        label=_("Cover"), help_text=_("JPEG, PNG or WebP, at most 8 MB. We remove location and camera data.")
    )
    cover_alt = Line(limit=models.MAX_COVER_ALT, label=_("Description of the picture"), required=False)
    remove_cover = forms.BooleanField(label=_("Remove the cover"), required=False)
    post_id = forms.CharField(required=False, widget=forms.HiddenInput)
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    form_key = forms.CharField(required=False, widget=forms.HiddenInput)
    cover_id = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_cover = forms.CharField(required=False, widget=forms.HiddenInput)

    is_cover_lost = False  # True if a picture came with the form and could not be kept

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
                "cover_id": post.cover_id,
                "cover_alt": post.cover_alt,
            }
        )

    def clean_tags(self) -> tuple[str, ...]:
        """Lower case, each once, in the order they were written."""
        typed = (models.topic(tag) for tag in self.cleaned_data["tags"].split(","))
        tags = tuple(dict.fromkeys(tag for tag in typed if tag))
        if len(tags) > models.MAX_TAGS:
            raise ValidationError(_("Five topics at most. You have %(count)s."), params={"count": len(tags)})
        for tag in tags:
            if len(tag) > models.MAX_TAG:
                params = {"limit": models.MAX_TAG, "tag": tag}
                raise ValidationError(_("A topic has %(limit)s characters at most: ‘%(tag)s’."), params=params)
        return tags

    def clean(self) -> dict[str, Any]:
        """`cover` becomes the picture to be saved, uploaded now or waiting since before. A new one replaces the old,
        whatever the box beside it says. A cover without a description is not taken: somebody will not see it."""
        fields = self.cleaned_data
        if fields.get("cover"):
            fields["remove_cover"] = False
        elif fields.get("remove_cover"):
            fields["cover_alt"] = ""
        elif key := fields.get("kept_cover"):
            fields["cover"] = pending_covers.find(key)
            if fields["cover"] is None:
                self.add_error("cover", _("The picture you chose is no longer here. Choose it again."))
        has_cover = fields.get("cover") or (fields.get("cover_id") and not fields.get("remove_cover"))
        if has_cover and not fields.get("cover_alt") and "cover_alt" not in self.errors:
            self.add_error("cover_alt", _("Describe the picture for people who can’t see it."))
        return fields

    def keep_cover(self) -> None:
        """Store a picture that came with the form until the form is sent again."""
        if self.files.get("cover") and not self.has_error("cover"):
            key = pending_covers.keep(self.cleaned_data["cover"])
            self.is_cover_lost = not key
            if key:
                self.data = {**self._typed, "kept_cover": key, "remove_cover": ""}

    def say_if_cover_is_lost(self) -> None:
        """Add an error if the form is shown again without the picture that came with it."""
        if self.is_cover_lost and not self.has_error("cover"):
            self.add_error("cover", _("We couldn’t keep the picture. Choose it again."))

    def as_new(self) -> "PostForm":
        """The same text as a post that has no row yet: for the case that its row is gone, and its cover with it."""
        nothing = {"version": "", "form_key": "", "cover_id": "", "remove_cover": ""}
        return self._again({**self._typed, **nothing, "post_id": models.new_id(), "state": "new"})

    def over(self, post: Post) -> "PostForm":
        """The same text, to be saved over `post` by somebody who has seen it. A description belongs to its picture:
        where `post` has another one by now, and the form brings none, that one's stays."""
        typed = self._typed
        if typed["cover_id"] != post.cover_id and not typed["kept_cover"]:
            typed["cover_alt"] = post.cover_alt
        seen = {"version": stamp(post), "cover_id": post.cover_id}
        return self._again({**typed, **seen, "post_id": post.id, "state": post.status})

    def _again(self, data: dict[str, str]) -> "PostForm":
        form = PostForm(data)
        form.is_cover_lost = self.is_cover_lost
        return form

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
    def cover_url(self) -> str:
        """Where to see the cover that the form would save, or leave as it is; "" where there would be none."""
        if self["remove_cover"].value():
            return ""
        if (key := self["kept_cover"].value()) and pending_covers.find(key):
            return reverse("kept_cover", args=[key])
        carried = str(self["cover_id"].value() or "")
        return reverse("cover", args=[carried, cover_sizes.WIDTHS[1]]) if is_id(carried) else ""

    @property
    def id(self) -> str:
        """The post's id as the form carries it; a new one where it is missing or no id of ours."""
        carried = str(self["post_id"].value() or "")
        return carried if is_id(carried) else models.new_id()

    @property
    def key(self) -> str:
        """Tells this form from others of the same post, also of the same person; "" where it is none of ours."""
        carried = str(self["form_key"].value() or "")
        return carried if is_id(carried) else ""

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
    if isinstance(value, bytes):
        return str(_("a new picture"))
    if isinstance(field, forms.BooleanField):
        return str(_("yes")) if value else ""
    if isinstance(field, forms.ChoiceField):
        value = dict(field.widget.choices).get(value)
    return normal(", ".join(value) if isinstance(value, tuple) else str(value or ""))
