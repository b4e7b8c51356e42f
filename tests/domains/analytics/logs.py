"""Makes access logs: seeded, so that a failing one can be made again."""

from datetime import UTC, datetime, timedelta
from random import Random

BROWSER = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Mobile Safari/604.1"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_TARGETS = ("/", "/pricing", "/pricing?utm_source=news&utm_medium=email", "/blog/a", "/logo.png", "/app.js", "/gone")
_REFERRERS = ("-", "https://www.google.com/", "https://acme.example/", "https://news.ycombinator.com/item?id=1")


def line(at: datetime, ip: str = "192.0.2.1", target: str = "/", agent: str = BROWSER, **more: str) -> str:
    """One line of the combined format."""
    request, status = f"{more.get('method', 'GET')} {target} HTTP/1.1", more.get("status", "200")
    return f'{ip} - - [{at:%d/%b/%Y:%H:%M:%S %z}] "{request}" {status} 512 "{more.get("referrer", "-")}" "{agent}"'


def random_log(seed: int, count: int, first: datetime = datetime(2024, 3, 9, tzinfo=UTC), days: int = 4) -> list[str]:
    """Lines in random order in time, a few of them identical."""
    random = Random(seed)
    lines = []
    for _ in range(count):
        at = first + timedelta(seconds=random.randrange(days * 86_400))
        target = random.choice(_TARGETS)
        lines.append(
            line(
                at,
                f"192.0.2.{random.randrange(40)}",
                target,
                random.choice((BROWSER, BROWSER, PHONE, BOT)),
                status="404" if target == "/gone" else random.choice(("200", "200", "304")),
                referrer=random.choice(_REFERRERS),
                method=random.choice(("GET", "GET", "GET", "POST")),
            )
        )
    return lines + lines[: count // 50]
