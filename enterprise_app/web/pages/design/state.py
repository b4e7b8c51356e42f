"""What the specimens do when touched: enough to try menus, dialogs, sorting and selection by hand."""

import reflex as rx

from enterprise_app.web.shell.action import PUBLIC, action


class DesignState(rx.State):
    """State of the design page."""

    swapped: bool = False
    shown: str = ""
    choice: str = "day"
    sort: str = "-visits"
    chosen: list[str] = ["a"]
    q: str = ""
    tags: list[str] = ["spring", "b2b"]
    on: bool = True

    @action(PUBLIC)
    async def swap(self, value: str) -> None:
        """Exchange the themes of the two columns."""
        self.swapped = value == "swapped"

    @action(PUBLIC)
    async def show(self, key: str) -> None:
        """Open the overlay of this key; "" closes."""
        self.shown = key

    @action(PUBLIC)
    async def hide(self) -> None:
        """Close the overlay."""
        self.shown = ""

    @action(PUBLIC)
    async def choose(self, value: str) -> None:
        """Pick a segment."""
        self.choice = value

    @action(PUBLIC)
    async def sort_by(self, value: str) -> None:
        """Sort the table."""
        self.sort = value

    @action(PUBLIC)
    async def search(self, value: str) -> None:
        """Search."""
        self.q = value

    @action(PUBLIC)
    async def set_tags(self, value: list[str]) -> None:
        """Change the tags."""
        self.tags = value[:20]

    @action(PUBLIC)
    async def toggle(self, value: bool) -> None:
        """Flip the switch."""
        self.on = value

    @action(PUBLIC)
    async def tick(self, key: str, checked: bool) -> None:
        """Choose or leave a row."""
        others = [one for one in self.chosen if one != key]
        self.chosen = [*others, key] if checked else others

    @action(PUBLIC)
    async def tick_all(self, checked: bool) -> None:
        """Choose all rows or none."""
        self.chosen = ["a", "b", "c"] if checked else []

    @action(PUBLIC)
    async def move(self, card: str, lane: str) -> None:
        """Remember the last move of a card."""
        self.shown = f"{card}:{lane}"
