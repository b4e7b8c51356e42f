"""Localization owns how numbers, money, dates and lists are written and read in a language, and which language it is.

It does not own the texts (`core.texts` and the catalogues). A *locale* is a CLDR name; texts exist for `LOCALES`, but
numbers and dates are right for every locale that CLDR knows.
"""
