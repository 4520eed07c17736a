"""What the measurement asks of agents that wait, in whichever way."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Agent(Protocol):
    """It has handed over, and waits."""

    pipeline: str
    handover: str
    # The id of the prompt that the decision brings it.
    prompt: str
    # How often it had to ask for it.
    asked: int

    async def hears(self, decided: asyncio.Task[str]) -> str:
        """Waits until it has the prompt. `decided` ends when the person has the answer to the decision."""

    async def goes_on(self) -> None:
        """It does what it does with the prompt."""


class Crowd(Protocol):
    """A number of agents, which all wait at the same time."""

    async def hand_over(self) -> None:
        """Everything that comes before the waiting."""

    async def park(self) -> None:
        """They begin to wait. At the end all of them do."""

    def rest(self) -> None:
        """From now on they do what such agents do while they wait."""

    async def one(self) -> Agent:
        """One of them, about which is decided next."""

    async def end(self) -> None:
        """All of them end."""
