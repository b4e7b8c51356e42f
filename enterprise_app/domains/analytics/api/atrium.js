/* Atrium's script for the pages of a site, to be read; atrium.min.js is what is served:
   esbuild --minify enterprise_app/domains/analytics/api/atrium.js --outfile=…/atrium.min.js
   <script async src="https://…/v1/atrium.js" data-key="atw_…" data-consent="required" data-dnt="anonymise" data-spa> */
(function (w, d, n) {
  var me = d.currentScript || d.querySelector("script[data-key]"), set = me.dataset;
  var to = me.src.replace(/[^/]*$/, "b"), early = (w.atrium && w.atrium.q) || [];
  var asked = n.globalPrivacyControl || n.doNotTrack == 1 || w.doNotTrack == 1;
  var heed = asked && set.dnt != "ignore";
  var memory = {}, waiting = [], pause = 0, from = d.referrer, at = place(), timer;

  function place() {
    return location.pathname + location.search;
  }
  function uid() {
    if (w.crypto && crypto.randomUUID) return crypto.randomUUID();
    return Date.now().toString(36) + Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  }
  // The answer to the question for consent may be kept before there is one, anything else may not.
  function stored(name) {
    return name == "consent" || (may() && !heed);
  }
  function read(name) {
    if (!memory[name] && stored(name))
      try {
        memory[name] = localStorage.getItem("atrium_" + name);
      } catch (e) {}
    return memory[name];
  }
  function keep(name, value) {
    memory[name] = value;
    if (!value || stored(name))
      try {
        value ? localStorage.setItem("atrium_" + name, value) : localStorage.removeItem("atrium_" + name);
      } catch (e) {}
    return value;
  }
  function may() {
    var told = read("consent");
    return !(heed && set.dnt == "drop") && (told ? told == "yes" : set.consent != "required");
  }
  function id() {
    return read("id") || keep("id", uid());
  }
  function later(ms) {
    timer = timer || setTimeout(flush, ms);
  }
  function flush(leaving) {
    clearTimeout(timer);
    timer = 0;
    if (!waiting.length || !may()) return;
    var batch = waiting.splice(0, 50);
    var text = JSON.stringify({ writeKey: set.key, sentAt: new Date(), batch: batch });
    function again(seconds) {
      waiting = batch.concat(waiting);
      pause = Math.min(pause * 2 || 5, 300);
      later(1e3 * (seconds || pause));
    }
    // Plain text needs no preflight, and a beacon survives the page being left.
    if (leaving === 1 && n.sendBeacon && n.sendBeacon(to, text)) return flush(1);
    fetch(to, { method: "POST", body: text, keepalive: text.length < 6e4, credentials: "omit" }).then(
      function (answer) {
        if (answer.status == 429 || answer.status > 499) return again(+answer.headers.get("Retry-After"));
        pause = 0;
        if (waiting.length) later(0);
      },
      function () {
        again();
      }
    );
  }
  function send(type, fields) {
    if (read("consent") == "no" || (heed && set.dnt == "drop")) return;
    fields.type = type;
    fields.messageId = uid();
    fields.anonymousId = id();
    fields.userId = fields.userId || read("user") || undefined;
    fields.timestamp = new Date();
    fields.context = {
      page: { url: d.URL, path: location.pathname, search: location.search, referrer: from, title: d.title },
      screen: { width: screen.width, height: screen.height },
      locale: n.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      library: { name: "atrium.js", version: "1" },
      doNotTrack: asked ? true : undefined
    };
    if (waiting.push(fields) > 500) waiting.shift();
    later(200);
  }
  var api = (w.atrium = {
    page: function (name, properties) {
      if (name && name.big === undefined) (properties = name), (name = undefined);
      send("page", { name: name, properties: properties });
    },
    track: function (event, properties) {
      send("track", { event: event, properties: properties });
    },
    identify: function (userId, traits) {
      if (userId && userId.big === undefined && userId.toFixed === undefined) (traits = userId), (userId = undefined);
      if (userId) keep("user", "" + userId);
      send("identify", { traits: traits });
    },
    group: function (groupId, traits) {
      send("group", { groupId: groupId, traits: traits });
    },
    alias: function (userId, previousId) {
      send("alias", { userId: "" + userId, previousId: previousId || read("user") || id() });
      keep("user", "" + userId);
    },
    reset: function () {
      keep("id");
      keep("user");
    },
    consent: function (given) {
      keep("consent", given ? "yes" : "no");
      if (!given) return (waiting = []), api.reset();
      for (var name in memory) keep(name, memory[name]);
      flush();
    }
  });
  function moved() {
    setTimeout(function () {
      if (at == place()) return;
      from = location.origin + at;
      at = place();
      api.page();
    }, 50);
  }
  if ("spa" in set) {
    ["pushState", "replaceState"].forEach(function (name) {
      var own = history[name];
      history[name] = function () {
        own.apply(this, arguments);
        moved();
      };
    });
    w.addEventListener("popstate", moved);
  }
  d.addEventListener("visibilitychange", function () {
    if (d.visibilityState == "hidden") flush(1);
  });
  w.addEventListener("pagehide", function () {
    flush(1);
  });
  if (!("manual" in set)) api.page();
  early.forEach(function (call) {
    api[call[0]].apply(api, [].slice.call(call, 1));
  });
})(window, document, navigator);
