"""The forms for posts, images in the text, reviews and bios. Text that is too long is rejected, not truncated."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.formats import local_input, read_local
from core.ids import is_id
from core.text_fields import normal
from posts import cover_sizes, models
from posts.cover_sizes import MIDDLE
from posts.editing import pending_covers
from posts.models import Post, ShownPost, Source
from posts.post_fields import ImageFile, Line, Percentage, Picture, Text
from posts.row_mapping import words_of

BYLINE = signing.Signer(salt="posts.byline")
MAX_AHEAD = timedelta(days=366)  # the maximum time between scheduling a post and its publication
SCHEDULE = "schedule"  # the value of the button “Schedule”
STATES = [("new", "new"), (models.DRAFT, models.DRAFT), (models.PUBLISHED, models.PUBLISHED)]


class ReviewForm(forms.Form):
    """An admin's note to the author of a draft."""

    note = Line(
        label=_("What should the author change?"),
        help_text=_("The author sees the note next to the draft and gets it by e-mail."),
        limit=models.MAX_REVIEW_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Write what should change, in a sentence or two.")},
    )


class BioForm(forms.Form):
    bio = Line(
        label=_("About you"),
        help_text=_("One or two sentences, at most 200 characters. Leave it empty to show nothing."),
        limit=models.MAX_BIO,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ImageForm(forms.Form):
    """An image to add to the text. Its fields are inside the post form, but are not saved with the post."""

    image = ImageFile(
        label=_("Image file"),
        required=True,
        help_text=_("JPEG, PNG, WebP, GIF or AVIF, at most 8 MB. We remove location and camera data."),
        error_messages={"required": _("Choose an image first.")},
    )
    image_alt = Line(limit=models.MAX_COVER_ALT, label=_("What the image shows"), required=False)
    image_caption = Line(
        limit=models.MAX_COVER_ALT, label=_("Caption"), required=False, help_text=_("Everyone sees it below the image.")
    )


class PostForm(forms.Form):
    """The form with the editable fields of a post, and hidden fields.

    The form contains `post_id` and `state`, so that the site can show it again even during an outage, or after the
    session has ended. `version` is the version of the post that the author has seen, and `form_key` identifies the
    form. These values are not trusted: even with forged values, a person can change only posts that they are allowed to
    edit. `cover_id` is the cover that the author has seen. `pending_cover` is the key of a picture that is not saved
    yet (`posts.editing.pending_covers`). `byline` contains the author and the date, so that a preview needs no call to
    Appwrite.
    """

    title = Line(
        limit=models.MAX_TITLE,
        label=_("Title"),
        error_messages={"required": _("Give the post a title.")},
        widget=forms.Textarea({"rows": 1}),  # grows with long titles; the value is still a single line
    )
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
    tags = Text(
        limit=1000, label=_("Topics"), required=False, help_text=_("Separate topics with commas. At most five.")
    )
    cover = Picture(
        label=_("Cover"), help_text=_("JPEG, PNG or WebP, at most 8 MB. We remove location and camera data.")
    )
    cover_alt = Line(limit=models.MAX_COVER_ALT, label=_("Description of the picture"), required=False)
    cover_x = Percentage(label=_("From the left"))
    cover_y = Percentage(label=_("From the top"))
    remove_cover = forms.BooleanField(label=_("Remove the cover"), required=False)
    publish_at = forms.CharField(
        label=_("Date and time"),
        required=False,
        help_text=_("Norwegian time, at most a year ahead."),
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
    )
    post_id = forms.CharField(required=False, widget=forms.HiddenInput)
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    form_key = forms.CharField(required=False, widget=forms.HiddenInput)
    cover_id = forms.CharField(required=False, widget=forms.HiddenInput)
    pending_cover = forms.CharField(required=False, widget=forms.HiddenInput)
    byline = forms.CharField(required=False, widget=forms.HiddenInput)

    is_cover_lost = False  # True if the submitted picture could not be stored

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        picture = self.fields["cover"]
        assert isinstance(picture, Picture)
        picture.point = self._point

    @classmethod
    def for_new(cls, post_id: str) -> "PostForm":
        """Return an empty form with the new post's id, so that submitting the form twice creates only one post.

        The form has no form key. If the person goes back and the browser fetches the page again, the form must be the
        same as before.
        """
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
                "version": post.stamp,
                "form_key": models.new_id(),
                "cover_id": post.cover_id,
                "cover_alt": post.cover_alt,
                "cover_x": MIDDLE if post.cover_x is None else post.cover_x,
                "cover_y": MIDDLE if post.cover_y is None else post.cover_y,
                "byline": _byline(post),
                "publish_at": local_input(post.scheduled_at) if post.is_scheduled and post.scheduled_at else "",
            }
        )

    @classmethod
    def restoring(cls, version: Post) -> "PostForm":
        """Return the form with the text of an earlier version of the post. The text is not saved yet."""
        return cls({name: value or "" for name, value in (cls.for_post(version).initial or {}).items()})

    def clean_tags(self) -> tuple[str, ...]:
        """Return the distinct topics in lower case, in the order typed."""
        typed = (models.topic(tag) for tag in self.cleaned_data["tags"].split(","))
        tags = tuple(dict.fromkeys(tag for tag in typed if tag))
        if len(tags) > models.MAX_TAGS:
            raise ValidationError(
                _("At most five topics are allowed. You have %(count)s."), params={"count": len(tags)}
            )
        for tag in tags:
            if len(tag) > models.MAX_TAG:
                params = {"limit": models.MAX_TAG, "tag": tag}
                raise ValidationError(_("A topic can have at most %(limit)s characters: ‘%(tag)s’."), params=params)
        return tags

    def clean_publish_at(self) -> datetime | None:
        """Return the time at which the site must publish the post. Only the “Schedule” button uses this field."""
        if self.data.get("act") != SCHEDULE:
            return None
        typed = self.cleaned_data["publish_at"]
        if not typed:
            raise ValidationError(_("Choose when to publish the post."))
        moment, now = read_local(typed), timezone.now()
        if moment is None:
            raise ValidationError(_("Enter a date and a time, for example 31.12.2026 08:00."))
        if moment <= now:
            raise ValidationError(_("This time has passed. Choose a later one."))
        if moment > now + MAX_AHEAD:
            raise ValidationError(_("Choose a time within a year."))
        return moment

    def clean(self) -> dict[str, Any]:
        """Set `cover` to the picture to save: a new upload or a pending one.

        An upload replaces the cover even if “remove” is ticked. A cover must have a description for people who cannot
        see it.
        """
        fields = self.cleaned_data
        fields["cover_x"], fields["cover_y"] = self._point
        if cover := fields.get("cover"):
            fields["remove_cover"] = False
            fields["cover"], (fields["cover_x"], fields["cover_y"]) = cover
        elif fields.get("remove_cover"):
            fields["cover_alt"] = ""
            fields["cover_x"] = fields["cover_y"] = MIDDLE
        elif key := fields.get("pending_cover"):
            fields["cover"] = pending_covers.find(key)
            if fields["cover"] is None and pending_covers.is_available():
                self.add_error("cover", _("The picture you chose is no longer available. Choose it again."))
            elif fields["cover"] is None:
                sentence = _("We can’t load the picture you chose right now. Choose it again, or try again soon.")
                self.add_error("cover", sentence)
        has_cover = fields.get("cover") or (fields.get("cover_id") and not fields.get("remove_cover"))
        if has_cover and not fields.get("cover_alt") and "cover_alt" not in self.errors:
            self.add_error("cover_alt", _("Describe the picture for people who can’t see it."))
        return fields

    def keep_cover(self) -> None:
        """Store the submitted picture, so that the form can be submitted again without the file."""
        if self.files.get("cover") and not self.has_error("cover"):
            key = pending_covers.keep(self.cleaned_data["cover"])
            self.is_cover_lost = not key
            if key:
                point = {name: str(self.cleaned_data[name]) for name in ("cover_x", "cover_y")}
                self.data = {**self._typed, **point, "pending_cover": key, "remove_cover": ""}

    def say_if_cover_is_lost(self) -> None:
        """Add an error if the form is shown again without its picture."""
        if self.is_cover_lost and not self.has_error("cover"):
            self.add_error("cover", _("We couldn’t store the picture. Choose it again."))

    def as_new(self) -> "PostForm":
        """Return a form for a new post with the same text, because the old post and its cover have been deleted."""
        empty = {"version": "", "form_key": "", "cover_id": "", "remove_cover": "", "byline": ""}
        return self._again({**self._typed, **empty, "post_id": models.new_id(), "state": "new"})

    def over(self, post: Post) -> "PostForm":
        """Return a form with the same text. Saving it overwrites `post`, a version that the person has now seen.

        A description and a focal point belong to a picture. If the cover of `post` has changed and this form has no new
        picture, the returned form has the description and focal point of `post`.
        """
        typed = self._typed
        if typed["cover_id"] != post.cover_id and not typed["pending_cover"]:
            stored = PostForm.for_post(post).initial
            typed |= {name: str(stored[name]) for name in ("cover_alt", "cover_x", "cover_y")}
        seen = {"version": post.stamp, "cover_id": post.cover_id, "byline": _byline(post)}
        return self._again({**typed, **seen, "post_id": post.id, "state": post.status})

    def with_image(self, markup: str) -> "PostForm":
        """Return the form with `markup`, an image's Markdown, appended to the text.

        Remove all errors, because nothing is saved yet. Keep only the cover's error, because the person must choose a
        rejected picture again.
        """
        text = self.text.replace("\r\n", "\n").rstrip()
        form = self._again({**self._typed, "content": f"{text}\n\n{markup}\n".lstrip() if markup else text})
        for name in set(form.errors):
            del form.errors[name]
        if self.has_error("cover"):
            form.errors["cover"] = self.errors["cover"]
        return form

    def _again(self, data: dict[str, str]) -> "PostForm":
        form = PostForm(data)
        form.is_cover_lost = self.is_cover_lost
        return form

    @property
    def _typed(self) -> dict[str, str]:
        return {name: self.data.get(name, "") for name in self.fields}

    def words(self) -> dict[str, str]:
        """Return the value of each visible field except the publication time, for comparing versions of a post."""
        values = self.initial if not self.is_bound else self.cleaned_data if self.is_valid() else self.data
        return {name: _as_text(self.fields[name], values.get(name)) for name in self.labels()}

    def labels(self) -> dict[str, str | Promise]:
        """Return the label of each field that `words` returns."""
        return {bound.name: bound.label for bound in self.visible_fields() if bound.name != "publish_at"}

    @property
    def text(self) -> str:
        """Return the text as typed, even if it is invalid."""
        return str(self["content"].value() or "")

    words_a_minute = models.WORDS_A_MINUTE  # used by counter.js

    @property
    def word_count(self) -> int:
        return models.word_count(self.text)

    @property
    def reading_minutes(self) -> int:
        return models.reading_minutes(self.text)

    @property
    def cover_url(self) -> str:
        """Return the URL of the cover that the post would have if this form were saved, or "" if it would have none."""
        if self["remove_cover"].value():
            return ""
        if (key := self["pending_cover"].value()) and pending_covers.find(key):
            return reverse("pending_cover", args=[key])
        cover_id = str(self["cover_id"].value() or "")
        return self._stored_cover(cover_id, cover_sizes.WIDTHS[1]) if is_id(cover_id) else ""

    def _stored_cover(self, cover_id: str, width: int) -> str:
        gravity = cover_sizes.gravity(*self._point)
        return reverse("cover", args=[cover_id, width, *([gravity] if gravity else [])])

    @property
    def whole_cover_url(self) -> str:
        """Return the URL of the uncropped cover."""
        cover_id = str(self["cover_id"].value() or "")
        if not is_id(cover_id) or self.cover_url != self._stored_cover(cover_id, cover_sizes.WIDTHS[1]):
            return self.cover_url  # pending covers are uncropped
        return reverse("cover", args=[cover_id, cover_sizes.WIDTHS[1], cover_sizes.WHOLE])

    def shown(self, user: User) -> ShownPost:
        """Return the post as readers would see it if this form were published now. The form may be invalid.

        A post without a valid byline is new, so `user` is its author.
        """
        typed = {bound.name: str(bound.value() or "") for bound in self}
        tags = [models.topic(tag) for tag in typed["tags"].split(",")]
        point = dict(zip(("coverX", "coverY"), self._point, strict=True))
        words = words_of({**typed, **point, "tags": tags, "coverAlt": typed["cover_alt"]})
        now = timezone.now()
        post = ShownPost(
            **{**words, "title": words["title"] if typed["title"].strip() else ""},
            id=self.id,
            author_id=user.id,
            author_name=user.name,
            status=models.PUBLISHED,
            created_at=now,
            updated_at=now,
            published_at=now,
            version=now,
            cover_id=self.cover_url,
            sources=tuple(self._cover_sources()),
        )
        try:
            author_id, name, published = BYLINE.unsign_object(typed["byline"])
        except signing.BadSignature:
            return post
        published_at = datetime.fromisoformat(published) if published else now
        return replace(post, author_id=author_id, author_name=name, published_at=published_at)

    @property
    def _point(self) -> tuple[int, int]:
        """Return the focal point. A missing or invalid coordinate counts as the middle."""
        return self._place("cover_x"), self._place("cover_y")

    def _place(self, name: str) -> int:
        try:
            place: int | None = self.fields[name].clean(self[name].value())
        except ValidationError:
            return MIDDLE
        return MIDDLE if place is None else place

    def _cover_sources(self) -> list[Source]:
        url, stored = self.cover_url, str(self["cover_id"].value() or "")
        is_stored = url != self.whole_cover_url
        return [
            Source(self._stored_cover(stored, width) if is_stored else url, width, cover_sizes.height(width))
            for width in cover_sizes.WIDTHS
            if url
        ]

    @property
    def id(self) -> str:
        """Return the post id from the form, or a new id if the form contains no valid id."""
        post_id = str(self["post_id"].value() or "")
        return post_id if is_id(post_id) else models.new_id()

    @property
    def key(self) -> str:
        """Return the form key, or "" if it is missing or invalid.

        A form has a new key each time it is opened, even for the same post.
        """
        form_key = str(self["form_key"].value() or "")
        return form_key if is_id(form_key) else ""

    @property
    def current_state(self) -> str:
        """Return `new`, `draft` or `published`. The form's buttons depend on this state."""
        value = self["state"].value()
        return value if value in dict(STATES) else "new"

    @property
    def base(self) -> datetime | None:
        """Return the version of the post that the author has seen, or None if the form contains no valid version."""
        try:
            moment = datetime.fromisoformat(str(self["version"].value() or ""))
        except ValueError:
            return None
        return moment if moment.tzinfo else None


def _byline(post: Post) -> str:
    published = post.published_at.isoformat() if post.published_at else ""
    return str(BYLINE.sign_object([post.author_id, post.author_name, published]))


def _as_text(field: forms.Field, value: Any) -> str:
    if isinstance(value, bytes):
        return str(_("a new picture"))
    if isinstance(field, forms.BooleanField):
        return str(_("yes")) if value else ""
    if isinstance(field, forms.ChoiceField):
        value = dict(field.widget.choices).get(value)
    return normal(", ".join(value) if isinstance(value, tuple) else str(value or ""))
