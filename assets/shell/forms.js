// Forms of /auth (marked data-posts): sent as JSON, so that what was typed stays and errors stand at their fields.
// Without script they are ordinary forms: the server redirects back with ?error=code.
(function () {
  function at(form, name) {
    return form.querySelector('[name="' + CSS.escape(name) + '"]');
  }

  function say(form, name, text) {
    var box = form.querySelector('[data-error-of="' + CSS.escape(name) + '"]');
    var control = at(form, name);
    if (control) control.setAttribute("aria-invalid", text ? "true" : "false");
    if (!box) return false;
    box.textContent = text;
    box.hidden = !text;
    return true;
  }

  function clear(form) {
    form.querySelectorAll("[data-error-of]").forEach(function (box) {
      say(form, box.dataset.errorOf, "");
    });
  }

  function show(form, problem) {
    var first = null;
    var rest = [];
    (problem.errors || []).forEach(function (bad) {
      var text = bad.fix ? bad.problem.replace(/([^.!?؟…])$/, "$1.") + " " + bad.fix : bad.problem;
      if (!say(form, bad.field, text)) rest.push(text);
      else if (!first) first = at(form, bad.field);
    });
    if (!first || rest.length) say(form, "form", rest.join(" ") || problem.detail || problem.title);
    if (first) first.focus();
  }

  function busy(form, on) {
    form.querySelectorAll('button[type="submit"]').forEach(function (button) {
      button.disabled = on;
      button.setAttribute("aria-busy", on ? "true" : "false");
    });
  }

  async function send(form) {
    var fields = Object.fromEntries(new FormData(form).entries());
    if ("zone" in fields && !fields.zone) fields.zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    if ("locale" in fields) fields.locale = document.documentElement.lang;
    var answer = await fetch(form.action, {
      method: "POST",
      headers: { "content-type": "application/json", "accept-language": document.documentElement.lang },
      body: JSON.stringify(fields),
    });
    var body = await answer.json();
    if (!answer.ok) return show(form, body);
    window.location.assign(body.location);
    return new Promise(function () {}); // stays busy until the next page is there
  }

  document.addEventListener("submit", function (event) {
    var form = event.target.closest("form[data-posts]");
    if (!form) return;
    event.preventDefault();
    clear(form);
    busy(form, true);
    send(form)
      .catch(function () {
        say(form, "form", form.dataset.posts);
      })
      .then(function () {
        busy(form, false);
      });
  });

  // The address of a workspace follows its name until somebody types one.
  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-posts]");
    var slug = form && at(form, "slug");
    if (!slug) return;
    if (event.target === slug) slug.dataset.typed = "yes";
    if (event.target.name !== "name" || slug.dataset.typed) return;
    slug.value = event.target.value
      .normalize("NFKD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 40);
  });
})();
