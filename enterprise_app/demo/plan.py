"""The shop's campaigns of the year: when they ran, what for, and the UTM words that their links carry."""

from dataclasses import dataclass
from datetime import date, timedelta

from enterprise_app.domains.campaigns.schemas import Budget, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignAction, CampaignChannel, CampaignObjective

_DRAFT: tuple[CampaignAction, ...] = ()
_ACTIVE = (CampaignAction.ACTIVATE,)
_PAUSED = (*_ACTIVE, CampaignAction.PAUSE)
_COMPLETED = (*_ACTIVE, CampaignAction.COMPLETE)
_ARCHIVED = (*_COMPLETED, CampaignAction.ARCHIVE)


@dataclass(frozen=True, slots=True)
class Planned:
    """A campaign between two days counted back from the last one; negative ones are still to come.

    `actions` lead from draft to where it stands; `weight` is its share of the visits while it runs.
    """

    name: str
    key: str
    source: str
    medium: str
    channel: CampaignChannel
    objective: CampaignObjective
    starts_ago: int
    ends_ago: int
    euros: int
    actions: tuple[CampaignAction, ...]
    weight: float
    tags: tuple[str, ...] = ()

    def days(self, last: date) -> tuple[date, date]:
        """Its first and last day."""
        return last - timedelta(days=self.starts_ago), last - timedelta(days=self.ends_ago)

    def draft(self, last: date) -> CampaignDraft:
        """As campaigns are made."""
        starts_on, ends_on = self.days(last)
        return CampaignDraft(
            name=self.name,
            objective=self.objective,
            description=f"Links carry utm_campaign={self.key}.",
            budget=Budget(amount_minor=self.euros * 100, currency="EUR"),
            starts_on=starts_on,
            ends_on=ends_on,
            channels=[self.channel],
            tags=list(self.tags),
        )


_C, _O = CampaignChannel, CampaignObjective
PLAN = (
    Planned(
        "Brand search", "brand", "google", "cpc", _C.SEARCH, _O.SALES, 364, -30, 24_000, _ACTIVE, 1.0, ("always on",)
    ),
    Planned(
        "Generic search",
        "generic",
        "bing",
        "cpc",
        _C.SEARCH,
        _O.TRAFFIC,
        330,
        -20,
        18_000,
        _ACTIVE,
        0.7,
        ("always on",),
    ),
    Planned(
        "Weekly newsletter",
        "weekly",
        "newsletter",
        "email",
        _C.EMAIL,
        _O.RETENTION,
        360,
        -60,
        3_000,
        _ACTIVE,
        0.9,
        ("crm",),
    ),
    Planned(
        "Partner programme",
        "partners",
        "partner-net",
        "affiliate",
        _C.AFFILIATE,
        _O.SALES,
        300,
        -90,
        9_000,
        _ACTIVE,
        0.4,
    ),
    Planned(
        "Winter clearance",
        "winter-clearance",
        "instagram",
        "paid_social",
        _C.SOCIAL,
        _O.SALES,
        340,
        312,
        6_000,
        _ARCHIVED,
        0.9,
        ("sale",),
    ),
    Planned(
        "Spring collection",
        "spring",
        "instagram",
        "paid_social",
        _C.SOCIAL,
        _O.AWARENESS,
        265,
        215,
        12_000,
        _COMPLETED,
        0.9,
        ("launch",),
    ),
    Planned("Garden display", "garden", "adnet", "display", _C.DISPLAY, _O.AWARENESS, 240, 190, 7_500, _COMPLETED, 0.5),
    Planned(
        "Founder interviews",
        "interviews",
        "youtube",
        "video",
        _C.VIDEO,
        _O.CONSIDERATION,
        200,
        150,
        8_000,
        _COMPLETED,
        0.4,
    ),
    Planned(
        "Summer sale",
        "summer-sale",
        "facebook",
        "paid_social",
        _C.SOCIAL,
        _O.SALES,
        160,
        120,
        11_000,
        _COMPLETED,
        1.1,
        ("sale",),
    ),
    Planned("Trade fair", "trade-fair", "flyer", "qr", _C.EVENT, _O.LEADS, 110, 100, 14_000, _COMPLETED, 0.3),
    Planned(
        "Win-back mails", "win-back", "crm", "email", _C.EMAIL, _O.RETENTION, 90, 45, 1_500, _PAUSED, 0.5, ("crm",)
    ),
    Planned(
        "Autumn collection",
        "autumn",
        "tiktok",
        "paid_social",
        _C.SOCIAL,
        _O.AWARENESS,
        70,
        5,
        13_000,
        _COMPLETED,
        0.9,
        ("launch",),
    ),
    Planned(
        "Gift finder",
        "gift-finder",
        "pinterest",
        "paid_social",
        _C.SOCIAL,
        _O.CONSIDERATION,
        21,
        -30,
        9_500,
        _ACTIVE,
        0.8,
    ),
    Planned("Retargeting", "retargeting", "adnet", "display", _C.DISPLAY, _O.SALES, 45, -15, 5_500, _ACTIVE, 0.5),
    Planned(
        "New year offers",
        "new-year",
        "newsletter",
        "email",
        _C.EMAIL,
        _O.SALES,
        -25,
        -50,
        4_000,
        _DRAFT,
        0.0,
        ("sale",),
    ),
    Planned(
        "Loyalty programme", "loyalty", "crm", "email", _C.EMAIL, _O.RETENTION, -40, -120, 6_000, _DRAFT, 0.0, ("crm",)
    ),
)
