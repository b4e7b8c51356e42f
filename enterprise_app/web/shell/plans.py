"""Plans by the names that people read."""

from enterprise_app.core.texts import has_text, translate


def plan_name(locale: str, plan: str) -> str:
    """The name of a plan of the catalogue; one that the catalogue's owner added keeps its id."""
    key = f"admin.plan.{plan.lower()}"
    return translate(locale, key) if has_text(key) else plan
