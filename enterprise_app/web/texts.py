"""Texts on pages: `t("campaigns.list.title", name=State.name)` is translated in the browser, live.

The prerendered page is English; the browser switches after hydration (assets/shell/i18n.js says how).
"""

import json
from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import LiteralVar, Var, VarData

_LIBRARY = "$/public/shell/i18n.js"
_HOOK = "const translate = useTexts();"
_USES_TEXTS = VarData(imports={_LIBRARY: [ImportVar(tag="useTexts")]}, hooks={_HOOK: None})


def t(key: str, **params: Any) -> rx.Var[str]:
    """The text of a key in the reader's language; `count=` chooses the plural form."""
    arguments = LiteralVar.create(params) if params else None
    call = f"translate({json.dumps(key)}{', ' + str(arguments) if arguments is not None else ''})"
    return Var(_js_expr=call, _var_type=str, _var_data=_data(arguments))


def t_of(key: rx.Var[str] | str, **params: Any) -> rx.Var[str]:
    """The text of a key that is only known at run time (a status from state, say); keys are built from enums."""
    arguments = LiteralVar.create(params) if params else None
    name = LiteralVar.create(key)
    call = f"translate({name}{', ' + str(arguments) if arguments is not None else ''})"
    return Var(_js_expr=call, _var_type=str, _var_data=VarData.merge(name._get_all_var_data(), _data(arguments)))


def _data(arguments: Var | None) -> VarData | None:
    return VarData.merge(_USES_TEXTS, arguments._get_all_var_data() if arguments is not None else None)
