// Texts in the browser: i18next with English inside the bundle (it is what the page was prerendered in)
// and other languages fetched once. The server snapshot keeps hydration in English, so React finds what
// it expects; the language changes right after, and again whenever setLocale is called, without a reload.
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import english from "$/public/locales/en/translation.json";

const DEFAULT = "en";
const RTL = ["ar", "fa", "he", "ur"];
const inBrowser = typeof window !== "undefined";
const listeners = new Set();
let current = DEFAULT;
let wanted = null;

i18next.init({
  lng: DEFAULT,
  fallbackLng: DEFAULT,
  resources: { en: { translation: english } },
  keySeparator: false,
  nsSeparator: false,
  returnEmptyString: false,
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
});

const fixed = new Map();
const texts = (locale) => {
  if (!fixed.has(locale)) fixed.set(locale, i18next.getFixedT(locale));
  return fixed.get(locale);
};

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

// The hook behind t(): a translate function for the current language.
export const useTexts = () =>
  texts(useSyncExternalStore(subscribe, () => current, () => DEFAULT));

export const useLocale = () => useSyncExternalStore(subscribe, () => current, () => DEFAULT);

const load = async (locale) => {
  if (i18next.hasResourceBundle(locale, "translation")) return;
  const answer = await fetch(`/locales/${locale}/translation.json`);
  if (!answer.ok) throw new Error(`texts for ${locale}: ${answer.status}`);
  i18next.addResourceBundle(locale, "translation", await answer.json());
  fixed.delete(locale);
};

const show = (locale) => {
  const root = document.documentElement;
  root.lang = locale;
  root.dir = RTL.includes(locale) ? "rtl" : "ltr";
  delete root.dataset.texts;
};

// Switches the language of everything on the page and remembers it for the next visit.
export const setLocale = async (locale) => {
  if (!inBrowser || !locale) return;
  const asked = (wanted = {});
  try {
    await load(locale);
  } catch {
    locale = DEFAULT;
  }
  if (wanted !== asked) return; // a later choice came while the texts were on their way
  current = locale;
  document.cookie = `atrium_locale=${locale}; path=/; max-age=31536000; samesite=lax`;
  show(locale);
  listeners.forEach((listener) => listener());
};

const remembered = () => {
  const cookie = document.cookie.match(/(?:^|; )atrium_locale=([a-z]{2})/);
  return cookie ? cookie[1] : document.documentElement.lang || DEFAULT;
};

if (inBrowser) {
  // After hydration: the first language change must not race with React's first render.
  const start = () => setTimeout(() => setLocale(remembered()), 0);
  if (remembered() !== DEFAULT) start();
  else show(DEFAULT);
}
