"""Ready code for a source: the element for a site's pages, an image, and Segment's own clients pointed at us."""

import json
from urllib.parse import quote

from enterprise_app.domains.analytics.schemas import SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import DoNotTrack

_SCRIPT = """<script>
  !function (w, a) {
    a = w.atrium = w.atrium || { q: [] };
    "page track identify group alias reset consent".split(" ").forEach(function (name) {
      a[name] = a[name] || function () { a.q.push([name].concat([].slice.call(arguments))); };
    });
  }(window);
</script>
<script async src="%s/v1/atrium.js" data-key="%s"%s></script>
"""
_PIXEL = """<img src="%s/v1/pixel.gif?writeKey=%s&amp;event=%s&amp;userId=u-5" width="1" height="1" alt="">
"""
_PYTHON = """# pip install segment-analytics-python
import segment.analytics as analytics

analytics.write_key = %s
analytics.host = %s
analytics.track("u-5", "Order Completed", {"order_id": "A-1001", "revenue": 49.9, "currency": "EUR"})
analytics.flush()
"""
_NODE = """// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: %s, host: %s });
analytics.track({
  userId: "u-5",
  event: "Order Completed",
  properties: { order_id: "A-1001", revenue: 49.9, currency: "EUR" },
});
await analytics.closeAndFlush();
"""
_BROWSER = """// npm install @segment/analytics-next
import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load({ writeKey: %s, cdnURL: %s });
analytics.page();
analytics.track("Order Completed", { order_id: "A-1001", revenue: 49.9, currency: "EUR" });
"""
_CURL = """curl -u %s: %s/v1/track \\
  -H 'Content-Type: application/json' \\
  -d '{"userId": "u-5", "event": "Order Completed", "properties": {"revenue": 49.9, "currency": "EUR"}}'
"""


def render_snippet(write_key: str, base_url: str, privacy: SourcePrivacy) -> str:
    """The element for the pages of one source. `base_url` is where Atrium answers."""
    more = ' data-consent="required"' if privacy.consent_required else ""
    if privacy.do_not_track is not DoNotTrack.ANONYMISE:
        more += f' data-dnt="{privacy.do_not_track.value}"'
    return _SCRIPT % (_attribute(base_url.rstrip("/")), _attribute(write_key), more)


def render_others(write_key: str, base_url: str) -> dict[str, str]:
    """Ready code by the names of `schemas.Snippet`."""
    base_url = base_url.rstrip("/")
    key, url = json.dumps(write_key), json.dumps(base_url)
    return {
        "pixel": _PIXEL % (_attribute(base_url), quote(write_key), quote("Mail Opened")),
        "python": _PYTHON % (key, url),
        "node": _NODE % (key, url),
        "browser": _BROWSER % (key, url),
        "curl": _CURL % (write_key, base_url),
    }


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
