"""The shapes of localization that leave."""

from pydantic import BaseModel, ConfigDict


class LanguageChoice(BaseModel):
    """A language one can choose: its name in itself, and its direction (`ltr`, `rtl`)."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    direction: str


class ZoneChoice(BaseModel):
    """A time zone one can choose: IANA name, minutes east of UTC, a label such as `(UTC+01:00) Europe/Berlin`."""

    model_config = ConfigDict(frozen=True)

    id: str
    offset_minutes: int
    label: str
