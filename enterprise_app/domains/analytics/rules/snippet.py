"""The JavaScript that a site pastes into its pages: page views and `atrium.track(name, properties)`, under 1.5 kB."""

import json

_SCRIPT = """<script>
(function (w, d, key, url) {
  var id, q = (w.atrium && w.atrium.q) || [];
  function uid() {
    if (w.crypto && crypto.randomUUID) return crypto.randomUUID();
    return Date.now().toString(36) + Math.random().toString(36).slice(2);
  }
  try { id = localStorage.atrium_id || (localStorage.atrium_id = uid()); } catch (e) { id = uid(); }
  function send(type, body) {
    var now = new Date().toISOString();
    body.writeKey = key; body.type = type; body.messageId = uid(); body.anonymousId = id;
    body.timestamp = now; body.sentAt = now;
    body.context = { page: { url: d.URL, referrer: d.referrer, title: d.title }, locale: navigator.language };
    var text = JSON.stringify(body), to = url + "/v1/" + type;
    // Plain text needs no preflight, and a beacon survives the page being left.
    if (!(navigator.sendBeacon && navigator.sendBeacon(to, text)))
      fetch(to, { method: "POST", body: text, keepalive: true, credentials: "omit" }).catch(function () {});
  }
  w.atrium = {
    page: function (name, properties) { send("page", { name: name, properties: properties || {} }); },
    track: function (event, properties) { send("track", { event: event, properties: properties || {} }); },
    identify: function (userId, traits) { send("identify", { userId: userId, traits: traits || {} }); }
  };
  q.forEach(function (call) { w.atrium[call[0]].apply(null, call.slice(1)); });
  w.atrium.page();
})(window, document, %s, %s);
</script>
"""


def render_snippet(write_key: str, base_url: str) -> str:
    """The snippet for one source. `base_url` is where Atrium answers, without a slash at the end."""
    return _SCRIPT % (_literal(write_key), _literal(base_url.rstrip("/")))


def _literal(text: str) -> str:
    # Inside a script element `</script>` would end it, whatever the quotes say.
    return json.dumps(text).replace("<", "\\u003c")
