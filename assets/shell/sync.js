// Carries what the server knows of the reader (language, theme) into the page, shows when the connection
// is lost, and moves menus, drawer and side bar: matters of the screen that no server needs to hear of.
import { createElement, useContext, useEffect, useState } from "react";
import { ColorModeContext, EventLoopContext } from "$/utils/context-registry";
import { setLocale } from "$/public/shell/i18n.js";

export function ShellSync({ locale, theme, ready }) {
  const { setColorMode, rawColorMode } = useContext(ColorModeContext);
  useEffect(() => {
    markReady(false);
    let late = false;
    if (locale) setLocale(locale).then(() => late || markReady(ready));
    return () => {
      late = true;
    };
  }, [locale, ready]);
  useEffect(() => {
    if (theme && theme !== rawColorMode) setColorMode(theme);
  }, [theme]);
  useEffect(listen, []);
  return null;
}

// The words come as a child, so that they are translated like all others.
export function ConnectionBanner({ children }) {
  const [, errors] = useContext(EventLoopContext);
  const [late, setLate] = useState(false);
  const lost = errors.length > 0;
  useEffect(() => {
    if (!lost) return setLate(false);
    // A reconnect of half a second is no news.
    const timer = setTimeout(() => setLate(true), 1200);
    return () => clearTimeout(timer);
  }, [lost]);
  return late ? children : null;
}

// Calls `onDone` after `ms`, unless the pointer or the keyboard focus rests on what it wraps.
export function Timed({ ms, onDone, children }) {
  const [resting, setResting] = useState(false);
  useEffect(() => {
    if (resting) return;
    const timer = setTimeout(onDone, ms);
    return () => clearTimeout(timer);
  }, [resting, ms]);
  return createElement(
    "div",
    {
      className: "timed",
      onMouseEnter: () => setResting(true),
      onMouseLeave: () => setResting(false),
      onFocus: () => setResting(true),
      onBlur: () => setResting(false),
    },
    children,
  );
}

const root = () => document.documentElement;

// Tells whoever waits for the page (tests, screen recorders) that the server has answered and the language is there.
const markReady = (ready) => {
  root().dataset.ready = ready ? "true" : "false";
};

const toggleSidebar = () => {
  const collapsed = root().dataset.sidebar !== "collapsed";
  if (collapsed) root().dataset.sidebar = "collapsed";
  else delete root().dataset.sidebar;
  localStorage.setItem("atrium_sidebar", collapsed ? "collapsed" : "open");
};

const setDrawer = (open) => {
  if (open) root().dataset.drawer = "open";
  else delete root().dataset.drawer;
  document.querySelectorAll("[data-shell=drawer]").forEach((b) => b.setAttribute("aria-expanded", String(open)));
  if (open) document.querySelector(".sidebar a")?.focus();
};

const closeMenus = (except) =>
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!except || !menu.contains(except)) menu.removeAttribute("open");
  });

const onClick = (event) => {
  const target = event.target;
  const trigger = target.closest?.("[data-shell]");
  if (trigger?.dataset.shell === "sidebar") toggleSidebar();
  else if (trigger?.dataset.shell === "drawer") setDrawer(root().dataset.drawer !== "open");
  else if (root().dataset.drawer && (target.closest("a") || !target.closest(".sidebar"))) setDrawer(false);
  closeMenus(target.closest("a, [data-close]") ? null : target);
};

const onKey = (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary")?.focus();
  if (root().dataset.drawer) {
    setDrawer(false);
    document.querySelector("[data-shell=drawer]")?.focus();
  }
};

const listen = () => {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  return () => {
    document.removeEventListener("click", onClick);
    document.removeEventListener("keydown", onKey);
  };
};
