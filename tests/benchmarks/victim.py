"""A process that writes replies and sends them until it is killed: `victim FOLDER URL TICKET UNDO TEXT…`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


async def main(folder: Path, url: str, ticket_id: int, undo_seconds: int, texts: list[str]) -> None:
    from tests.benchmarks.lives import Life
    from tui.sync.replies import queue_reply
    from tui.sync.threads import Threads

    life = Life(url, folder, 1)
    await life.begin()
    thread = await Threads(life.client, life.cache, clock=life.clock, tell=lambda event: None).fetch(ticket_id)
    base = tuple(message.id for message in thread.messages)
    print("ready", flush=True)
    for words in texts:
        await queue_reply(
            life.desk,
            life.instance,
            life.clock,
            ticket_id=ticket_id,
            audience="customer",
            body=words,
            status_after="PENDING",
            base_ids=base,
            undo_seconds=undo_seconds,
            from_draft=False,
        )
    life.engine.wake()
    await asyncio.sleep(30)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
