// Runs before the first paint (loaded in the head, not deferred): direction and language of the document
// from the last visit or the browser, so that neither the layout nor the words jump.
(function () {
  var known = ["en", "de", "ar"];
  var root = document.documentElement;
  var found = document.cookie.match(/(?:^|; )atrium_locale=([a-z]{2})/);
  var wanted = found ? [found[1]] : navigator.languages || [navigator.language || "en"];
  var locale = "en";
  for (var i = 0; i < wanted.length; i++) {
    var language = wanted[i].slice(0, 2).toLowerCase();
    if (known.indexOf(language) >= 0) {
      locale = language;
      break;
    }
  }
  root.lang = locale;
  root.dir = locale === "ar" ? "rtl" : "ltr";
  if (locale !== "en") {
    // The prerendered page is English: hidden until the reader's language is there, for a second at most.
    root.dataset.texts = "loading";
    setTimeout(function () {
      delete root.dataset.texts;
    }, 1000);
  }
  if (localStorage.getItem("atrium_sidebar") === "collapsed") root.dataset.sidebar = "collapsed";
})();
