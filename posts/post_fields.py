"""Form fields for posts: text with a maximum length, and pictures."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.text_fields import NormalField, OneLine
from posts import cover_sizes
from posts.cover_sizes import MIDDLE
from posts.covers import images
from posts.covers.images import PictureError, PictureProblem

MB = 1024 * 1024


class Text(NormalField):
    """Text of at most `limit` characters. It has no `maxlength`, because browsers would truncate pasted text."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-limit": self.limit}

    def to_python(self, value: Any) -> str:
        # Browsers send CR LF. NUL is removed, not reported as an error, because it is invisible in pasted text.
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
    """A single-line field of at most `limit` characters."""


PICTURE_ERRORS = {
    PictureProblem.TOO_MANY_PIXELS: _("The picture has too many pixels. The limit is %(pixels)s million."),
    PictureProblem.TOO_SMALL: _("The picture is too small. It needs at least %(width)s × %(height)s pixels."),
    PictureProblem.NOT_A_PICTURE: _("We can’t read this file as a picture. Choose a JPEG, PNG, WebP, GIF or AVIF."),
    PictureProblem.BROKEN: _("The picture is damaged. Save the file again, or choose a different picture."),
    PictureProblem.TOO_MANY_UPLOADS: _("Too many people are uploading pictures right now. Try again in a moment."),
}


class Picture(forms.FileField):
    """A picture file, converted to a cover with the focal point `point`. Without a file, the cleaned value is None."""

    point = (MIDDLE, MIDDLE)

    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        messages = {"empty": PICTURE_ERRORS[PictureProblem.NOT_A_PICTURE], **kwargs.pop("error_messages", {})}
        super().__init__(**{"required": False, **kwargs}, error_messages=messages)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": ",".join(f"image/{name.lower()}" for name in images.FORMATS)}

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        if upload is None:
            return None
        if upload.size > images.MAX_BYTES:  # posts.covers.uploads discards such a file and records only its size
            params = {"size": number_format(upload.size / MB, 1), "limit": images.MAX_BYTES // MB}
            raise ValidationError(_("The picture is %(size)s MB. The limit is %(limit)s MB."), params=params)
        upload.seek(0)  # the file has already been read if the form is validated again after an error
        try:
            return self.convert(upload.read())
        except PictureError as error:
            width = cover_sizes.WIDTHS[0]
            limits = {"pixels": error.limit // 10**6, "width": width, "height": cover_sizes.height(width)}
            raise ValidationError(PICTURE_ERRORS[error.reason], params=limits) from error

    def convert(self, content: bytes) -> Any:
        return images.cover(content, self.point)


class Percentage(forms.IntegerField):
    """A coordinate in a picture, in percent. The slider works with a keyboard and without scripts."""

    widget = forms.NumberInput({"type": "range"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, initial=MIDDLE, min_value=0, max_value=100, **kwargs)


class ImageFile(Picture):
    """A picture file for the text. The cleaned value is a `TextImage`."""

    def convert(self, content: bytes) -> images.TextImage:
        return images.text_image(content)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "data-image-upload": True}
