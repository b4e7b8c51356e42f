"""Files of a thing: the list of them, and the zone that takes new ones."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .actions import icon_button, picture
from .icons import icon
from .markup import Flag, Handler, Node, Text, when

PICTURES = {
    "archive": "package", "audio": "audio", "document": "file", "image": "image", "sheet": "sheet", "slides": "slides",
    "text": "text", "video": "video",
}  # fmt: skip
WORDS = ("choose", "drop", "drop_now", "progress", "waiting", "failed", "lost", "full", "cancel", "retry", "dismiss")


def file_list(files: Any, *, label: Text, on_remove: Handler, removable: Flag = True) -> rx.Component:
    """What is there, newest first. files: Var of shapes.FileLine; on_remove(id) is a State method.

    file_list(State.files, label=t("files.label"), on_remove=State.remove, removable=can(Permission.CAMPAIGNS_UPDATE))
    """

    def line(file: Any) -> rx.Component:
        name = rx.el.a(
            file.name,
            href=file.href,
            download=True,
            reload_document=True,
            dir="auto",
            class_name="link link-quiet file-name",
        )
        view = _link("eye", t("files.view", name=file.name), file.view_href, target="_blank", rel="noopener")
        remove = icon_button(
            "delete", t("files.remove", name=file.name), size="sm", on_click=lambda: on_remove(file.id)
        )
        return rx.el.li(
            rx.el.span(_picture(file), class_name="file-picture", title=file.kind_text),
            rx.el.div(name, rx.el.p(rx.foreach(file.notes, _note), class_name="file-notes"), class_name="file-text"),
            rx.el.div(
                rx.cond(file.view_href != "", view),
                _link("download", t("files.download", name=file.name), file.href, download=True),
                when(removable, remove),
                class_name="file-actions",
            ),
            class_name="file",
        )

    return rx.el.ul(rx.foreach(files, line), class_name="files", aria_label=label)


def upload_zone(
    url: Text,
    *children: Node,
    label: Text,
    hint: Text,
    max_bytes: int,
    too_large: Text,
    on_done: Handler,
    single: bool = False,
) -> rx.Component:
    """Takes files by choice or drop and posts each to `url`, in the browser; `children` stand below and take drops too.
    With `single` it takes one, and tells who brings several.

    upload_zone(State.upload_url, file_list(…), label=t("files.label"), hint=t("files.hint", max="100 MB"),
                max_bytes=100_000_000, too_large=t("files.too_large", max="100 MB"), on_done=State.load)
    """
    texts = {word: t(f"files.{word}") for word in WORDS}
    if single:
        texts |= {word: t(f"files.one.{word}") for word in ("choose", "drop", "drop_now")}
        texts["only_one"] = t("files.one.only")
    return react.Upload.create(
        *children, url=url, single=single, label=label, hint=hint, max_bytes=max_bytes, too_large=too_large,
        on_done=on_done, class_name="upload", **texts,
    )  # fmt: skip


def _picture(file: Any) -> Any:
    return rx.match(file.kind, *((kind, icon(name, 18)) for kind, name in PICTURES.items()), icon("blank", 18))


def _note(note: Any) -> rx.Component:
    return rx.el.bdi(note, class_name="file-note")


def _link(name: str, label: Text, href: Any, **props: Any) -> rx.Component:
    return rx.el.a(
        picture(name), href=href, reload_document=True, title=label, aria_label=label,
        class_name="button button-ghost button-sm button-icon", **props,
    )  # fmt: skip
