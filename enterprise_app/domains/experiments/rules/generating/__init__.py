"""Ideas for variants (colours, texts, layouts), and their way onto a page: into images, styles and markup.

Everything here is pure and seeded: the same input and seed give the same output on every machine. Ideas are made from
what was put in and from fixed rules; nothing is learned here (that is `recommending`) and nothing is fetched.
"""
