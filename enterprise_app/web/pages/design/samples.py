"""What the specimens show: the same invented tenant in English (left to right) and Arabic (right to left)."""

from typing import Any

from enterprise_app.web.components.shapes import (
    BarRow,
    Card,
    Day,
    Entry,
    FieldError,
    FileLine,
    Lane,
    Mark,
    MediaTile,
    Shape,
)


class Campaign(Shape):
    """A row of the sample table."""

    id: str
    name: str
    status: str
    tone: str
    visits: str
    budget: str


_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Campaigns", "الحملات"),
    "about": ("What runs now, what it costs and what it brings.", "ما يعمل الآن، وتكلفته، وعائده."),
    "new": ("New campaign", "حملة جديدة"),
    "save": ("Save changes", "حفظ التغييرات"),
    "edit": ("Edit", "تعديل"),
    "copy": ("Duplicate", "تكرار"),
    "drop": ("Delete campaign", "حذف الحملة"),
    "drop_text": ("Its assets and links stop working at once.", "ستتوقف أصولها وروابطها عن العمل فورًا."),
    "name": ("Name", "الاسم"),
    "status": ("Status", "الحالة"),
    "visits": ("Visits", "الزيارات"),
    "budget": ("Budget", "الميزانية"),
    "live": ("Live", "نشطة"),
    "draft": ("Draft", "مسودة"),
    "paused": ("Paused", "متوقفة"),
    "failed": ("Failed", "فشلت"),
    "all": ("All", "الكل"),
    "hour": ("Hour", "ساعة"),
    "day": ("Day", "يوم"),
    "week": ("Week", "أسبوع"),
    "email": ("E-mail", "البريد الإلكتروني"),
    "password": ("Password", "كلمة المرور"),
    "hint": ("Shown to your team only.", "يظهر لفريقك فقط."),
    "wrong": ("Enter an address such as ana@acme.com.", "أدخل عنوانًا مثل ana@acme.com."),
    "check_form": ("Please correct one field", "يُرجى تصحيح حقل واحد"),
    "start": ("Starts on", "تبدأ في"),
    "tags": ("Tags", "الوسوم"),
    "notes": ("Notes", "ملاحظات"),
    "weekly": ("Weekly report", "تقرير أسبوعي"),
    "weekly_hint": ("Every Monday at 8.", "كل يوم اثنين الساعة 8."),
    "find": ("Search campaigns", "البحث في الحملات"),
    "visitors": ("Visitors", "الزوار"),
    "before": ("Previous week", "الأسبوع السابق"),
    "versus": ("vs 11,204", "مقابل 11,204"),
    "bounce": ("Bounce rate", "معدل الارتداد"),
    "pages": ("Top pages", "أهم الصفحات"),
    "views": ("Views", "المشاهدات"),
    "used": ("Campaigns", "الحملات"),
    "used_text": ("8 of 10", "8 من 10"),
    "importing": ("Importing web_access.log", "استيراد web_access.log"),
    "rate": ("62% · 41,000 lines/s", "62% · ‏41,000 سطر/ث"),
    "chosen": ("2 selected", "تم تحديد 2"),
    "range": ("1–3 of 128", "1–3 من 128"),
    "source": ("Source", "المصدر"),
    "none": ("No campaigns yet", "لا توجد حملات بعد"),
    "none_text": ("A campaign bundles assets, links and goals.", "تجمع الحملة الأصول والروابط والأهداف."),
    "trial": ("Your trial ends in 3 days", "تنتهي الفترة التجريبية خلال 3 أيام"),
    "trial_text": ("Choose a plan to keep your data flowing.", "اختر خطة لمواصلة استقبال بياناتك."),
    "person": ("Ana Duarte", "ليلى حداد"),
    "initials": ("AD", "لح"),
    "owner": ("Owner", "المالك"),
    "month": ("March 2026", "مارس 2026"),
    "board": ("Tasks", "المهام"),
    "activity": ("Activity", "النشاط"),
    "tip": ("The 95th percentile of the last hour", "المئين 95 للساعة الأخيرة"),
    "open": ("Open", "فتح"),
    "ask": ("Ask before deleting", "تأكيد قبل الحذف"),
    "panel": ("Side panel", "لوحة جانبية"),
    "key": ("Write key", "مفتاح الكتابة"),
    "roles": ("Channels", "القنوات"),
    "search_ads": ("Search", "بحث"),
    "social": ("Social", "اجتماعي"),
    "mail": ("Mail", "بريد"),
}  # fmt: skip

WEEKDAYS = (
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ["الإثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
)
KEY = "atw_7Hq2mVx9Lr4Tz1Bn8KdYs5PwQe3Uc6Fj"
SNIPPET = '<script src="https://acme.example/a.js"\n        data-write-key="atw_7Hq2mVx9Lr4Tz1Bn"></script>'
TREND = [8.0, 9.0, 7.0, 11.0, 10.0, 13.0, 12.0, 15.0, 14.0, 18.0]


class Sample:
    """The sample in one language: 0 English, 1 Arabic."""

    def __init__(self, language: int) -> None:
        self.language = language
        self.side = ("ltr", "rtl")[language]

    def __getattr__(self, word: str) -> str:
        return _WORDS[word][self.language]

    def campaigns(self) -> list[Campaign]:
        """Rows of the table."""
        names = (
            ("Spring launch", "Retarget: carts", "Newsletter 12"),
            ("إطلاق الربيع", "إعادة استهداف السلال", "النشرة 12"),
        )
        first, second, third = names[self.language]
        return [
            Campaign(id="a", name=first, status=self.live, tone="success", visits="48,120", budget="€12,500.00"),
            Campaign(id="b", name=second, status=self.paused, tone="warning", visits="9,034", budget="€3,200.00"),
            Campaign(id="c", name=third, status=self.draft, tone="neutral", visits="0", budget="€750.00"),
        ]

    def bars(self) -> list[BarRow]:
        """Top pages."""
        pages = (
            ("/", "12,480", 100),
            ("/pricing", "7,204", 58),
            ("/blog/attribution-explained", "3,120", 25),
            ("/docs", "904", 7),
        )
        return [BarRow(label=label, value=value, share=share) for label, value, share in pages]

    def chart(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Visitors a day, this week and the one before."""
        days = [f"{day}" for day in WEEKDAYS[self.language]]
        return days, [
            {"name": self.visitors, "values": [1820, 2140, 1960, 2480, 2710, 1490, 1210]},
            {"name": self.before, "values": [1640, 1890, 2020, 2100, 2260, 1530, 1180], "dash": True},
        ]

    def channels(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Two series by channel."""
        return [self.search_ads, self.social, self.mail], [
            {"name": self.visitors, "values": [5400, 3100, 1900]},
            {"name": self.views, "values": [9200, 4800, 2600]},
        ]

    def history(self) -> list[Entry]:
        """A short activity list."""
        who = self.person
        return [
            Entry(
                id="1",
                title=f"{who} · {self.live}",
                text=self.campaigns()[0].name,
                at="10:42",
                iso="2026-03-12T10:42Z",
                tone="success",
            ),
            Entry(
                id="2",
                title=f"{who} · {self.paused}",
                text=self.campaigns()[1].name,
                at="09:15",
                iso="2026-03-12T09:15Z",
                tone="warning",
            ),
            Entry(id="3", title=f"{who} · {self.new}", at="08:01", iso="2026-03-12T08:01Z"),
        ]

    def files(self) -> list[FileLine]:
        """A picture and a sheet."""
        notes = ["1.5 MB", self.person, "10:42"]
        kinds = (("image", "Hero.png", "/design"), ("sheet", f"{self.title}.xlsx", ""))
        return [
            FileLine(id=name, name=name, kind=kind, kind_text=kind, notes=notes, href="/design", view_href=view)
            for kind, name, view in kinds
        ]

    def tiles(self) -> list[MediaTile]:
        """A picture and a page."""
        kinds = (("image", "Hero.png", "/favicon.svg"), ("html", f"{self.title}.html", ""))
        return [
            MediaTile(id=name, name=name, kind=kind, notes="1.5 MB", thumb=thumb, state_text=self.live, tone="success")
            for kind, name, thumb in kinds
        ]

    def weeks(self) -> list[list[Day]]:
        """Three weeks of March 2026 with two marks."""
        marks = {
            4: [Mark(id="m", title=self.campaigns()[0].name, href="/design")],
            12: [Mark(id="n", title=self.campaigns()[2].name, href="/design", tone="success")],
        }
        numbers = [*range(23, 29), *range(1, 16)]
        days = [
            Day(
                iso=f"2026-{'02' if place < 6 else '03'}-{number:02}",
                number=str(number),
                label=f"{number} {self.month}",
                outside=place < 6,
                today=place >= 6 and number == 12,
                marks=marks.get(number, []) if place >= 6 else [],
            )
            for place, number in enumerate(numbers)
        ]
        return [days[start : start + 7] for start in (0, 7, 14)]

    def lanes(self) -> list[Lane]:
        """A board of three lanes."""
        first, second, third = (row.name for row in self.campaigns())
        return [
            Lane(
                id="draft",
                title=self.draft,
                count="2",
                cards=[Card(id="1", title=first, text=self.about, tags=[self.mail]), Card(id="2", title=second)],
            ),
            Lane(
                id="live",
                title=self.live,
                count="1",
                tone="success",
                cards=[Card(id="3", title=third, tags=[self.social, self.mail])],
            ),
            Lane(id="paused", title=self.paused, count="0", tone="warning"),
        ]

    def errors(self) -> list[FieldError]:
        """One wrong field."""
        return [FieldError(name=f"mail-wrong-{self.side}", text=f"{self.email}: {self.wrong}")]


SAMPLES = (Sample(0), Sample(1))
