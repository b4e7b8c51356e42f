"""What a word looks like: its skeleton, after Unicode Technical Standard 39.

The table holds the letters of other scripts that pass for a Latin small letter in common typefaces; the rest of
UTS 39's list (mathematical letters, full width, accents) falls to NFKD and case folding. Two skeletons:

- `skeleton`: two tenants may not share it. Besides other scripts it joins what UTS 39 joins within ASCII: `0` and `o`,
  `1` and `l`, `m` and `rn`; so `acme` and `acrne` can't both exist.
- `disguises`: for reserved names only, where refusing too much costs nothing: also drops hyphens and reads digits as
  letters, so that `adm1n` and `sup-port` are refused.
"""

import unicodedata

LOOK_ALIKES = {
    # Cyrillic
    "а": "a", "в": "b", "ь": "b", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "н": "h", "і": "i", "ј": "j", "к": "k",
    "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v",
    "ԝ": "w", "ш": "w", "х": "x", "у": "y", "ү": "y", "з": "3", "ҽ": "e", "є": "e",
    # Greek
    "α": "a", "β": "b", "ϲ": "c", "δ": "d", "ε": "e", "η": "n", "ι": "i", "ϳ": "j", "κ": "k", "μ": "u", "ν": "v",
    "ο": "o", "ρ": "p", "σ": "o", "ς": "c", "τ": "t", "υ": "u", "χ": "x", "γ": "y", "ω": "w", "ζ": "z",
    # Armenian
    "ա": "w", "ց": "g", "հ": "h", "ո": "n", "օ": "o", "զ": "q", "ս": "u", "յ": "j", "ք": "f", "լ": "l", "ռ": "n",
    # Latin letters that are not ASCII, small capitals
    "ı": "i", "ɩ": "i", "ɑ": "a", "ɡ": "g", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ƅ": "b", "ɗ": "d",
    "ɓ": "b", "ɛ": "e", "ǝ": "e", "ʟ": "l", "ɴ": "n", "ʀ": "r", "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e",
    "ᴊ": "j", "ᴋ": "k", "ᴍ": "m", "ᴏ": "o", "ᴘ": "p", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z",
    "ꜱ": "s", "ɪ": "i", "ɢ": "g", "ʜ": "h", "æ": "ae", "œ": "oe", "ß": "ss",
    # Cherokee and others that are drawn as Latin
    "ꭺ": "a", "ꮯ": "c", "ꭼ": "e", "ꮋ": "h", "ꭻ": "j", "ꮶ": "k", "ꮇ": "m", "ꮲ": "p", "ꮪ": "s", "ꭲ": "i", "ꮃ": "w",
    "ⲟ": "o", "ⲣ": "p", "ⲥ": "c", "ჿ": "o", "ဝ": "o", "০": "o", "०": "o", "٠": "o", "۰": "o",
    # marks that pass for a hyphen
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "﹘": "-", "ー": "-", "・": "-", "·": "-",
    "_": "-",
}  # fmt: skip
_ASCII = str.maketrans({"0": "o", "1": "l", "m": "rn"})
_DISGUISE = {"-": "", "0": "o", "3": "e", "4": "a", "5": "s", "7": "t"}


def latin(text: str) -> str:
    """The text as a Latin reader sees it: folded, accents and invisible characters gone, look-alikes replaced."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(LOOK_ALIKES.get(c, c) for c in folded if unicodedata.category(c) not in ("Mn", "Me", "Cf"))


def skeleton(text: str) -> str:
    """Equal for two words that a reader can't tell apart."""
    return latin(text).translate(_ASCII)


def disguises(text: str) -> list[str]:
    """The words that the text passes for at a glance, `1` read as `l` or as `i`; for reserved names."""
    tables = (str.maketrans({**_DISGUISE, "1": one}) for one in "li")
    return [latin(text).translate(table).replace("rn", "m").replace("vv", "w") for table in tables]
