"""The shop: its pages and goods, and with what and from where people come."""

from dataclasses import dataclass

HOST = "https://shop.fernweh.example"
CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Product:
    """Something to buy; the price in cents."""

    sku: str
    name: str
    category: str
    cents: int

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/{self.category}/{self.sku}"


_GOODS = (
    ("backpacks", ("Ridge 22", 8_900), ("Ridge 35", 12_900), ("Harbour day pack", 6_900), ("Summit 50", 18_900)),
    ("tents", ("Solo tent", 24_900), ("Duo tent", 32_900), ("Family dome", 54_900)),
    ("jackets", ("Drizzle shell", 13_900), ("Down light", 19_900), ("Fleece", 7_900), ("Storm parka", 27_900)),
    ("shoes", ("Trail runner", 11_900), ("Hiking boot", 17_900), ("Camp sandal", 4_900)),
    ("kitchen", ("Gas stove", 5_900), ("Titanium pot", 4_500), ("Enamel mug", 1_490), ("Spork set", 990)),
    ("light", ("Head torch", 3_900), ("Lantern", 2_900)),
)
PRODUCTS = tuple(
    Product(name.lower().replace(" ", "-"), name, category, cents)
    for category, *goods in _GOODS
    for name, cents in goods
)
CATEGORIES = tuple(f"/{category}" for category, *_ in _GOODS)
ARTICLES = (
    "/journal", "/journal/packing-light", "/journal/first-tent", "/journal/layers", "/journal/winter-hikes",
    "/journal/care-for-boots", "/about", "/delivery", "/returns", "/stores",
)  # fmt: skip

AGENTS = (
    (30, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"),
    (24, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36"),
    (17, "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile Safari/537.36"),
    (10, "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15"),
    (6, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (5, "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"),
    (5, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0"),
    (3, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
)  # fmt: skip
BOTS = (
    (5, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (3, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    (2, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    (1, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
)
REFERRERS = (
    (34, None),
    (30, "https://www.google.com/"),
    (5, "https://www.bing.com/"),
    (4, "https://duckduckgo.com/"),
    (6, "https://www.instagram.com/"),
    (4, "https://www.facebook.com/"),
    (3, "https://www.reddit.com/r/hiking/"),
    (3, "https://www.youtube.com/"),
    (5, "https://wanderblog.example/gear-of-the-year"),
    (4, "https://alpine-club.example/partners"),
    (2, "https://outdoor-magazine.example/tests/tents"),
)
"""(weight, referrer) of visits that no campaign brought."""
HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 11, 10, 9, 9, 9, 10, 12, 14, 15, 13, 9, 5)
"""How busy each hour is, UTC."""
FIRST_NAMES = (
    "Amira", "Anna", "Ben", "Carla", "David", "Elif", "Emil", "Fatima", "Greta", "Hugo", "Ida", "Jonas", "Karim",
    "Lena", "Malik", "Mia", "Nora", "Omar", "Paul", "Rosa", "Samir", "Sofia", "Theo", "Yara",
)  # fmt: skip
LAST_NAMES = (
    "Abadi", "Bauer", "Costa", "Demir", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen", "Keller",
    "Lopez", "Meyer", "Nowak", "Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Tanaka", "Usman", "Vogel", "Weber",
)  # fmt: skip
