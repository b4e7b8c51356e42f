"""Experiments and feature flags: who gets which variant, since when, by which rule; what came of it.

Words: an experiment has variants, one of them the control. A unit is whoever is assigned (a visitor, by the id that
its events carry); an exposure says that a unit saw its variant. Coverage is the share of eligible units that take part:
a ramp raises it. Experiments of one layer exclude each other; a hold-out is units that see no experiment. A flag has
variations, targeting rules in order, prerequisites and a kill switch; an experiment is reached through its flag.
"""
