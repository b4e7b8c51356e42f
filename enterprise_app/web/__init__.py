"""All of Reflex: the shell, the design system and the pages. A page is a package without rules."""
