"""What a web process does when it hears of a change: first forget what it knew, then look again and let pages ask."""

from enterprise_app.core import switches
from enterprise_app.core.live import RESYNC
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.experiments import service as experiments
from enterprise_app.domains.identity.service import CREDENTIALS
from enterprise_app.edge import Edge
from enterprise_app.web.shell.wiring import wiring


def hear(edge: Edge, topic: str) -> None:
    """For the live listener, with every topic; RESYNC means that something may have been missed."""
    everything = topic == RESYNC
    if everything:
        edge.forget_all()
    if everything or edge.forget(topic):
        analytics.forget_keys()
    experiments.hear(None if everything else topic)
    if everything or topic == switches.TOPIC:
        switches.forget()
    if wiring.sockets is not None and (everything or topic == CREDENTIALS):
        wiring.sockets.recheck()
    if wiring.hub is not None:
        wiring.hub.hear(topic)
