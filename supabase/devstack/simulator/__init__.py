"""The providers as their HTTP: what is sent is kept and readable, leads are played through signed webhooks, failures
can be ordered.

`app.create_app` is the server, `client.SimulatorClient` drives it from the demo, the seed, the chat and the tests.
"""

from devstack.simulator.app import create_app
from devstack.simulator.client import SimulatorClient

__all__ = ["SimulatorClient", "create_app"]
