"""The server over real sockets: sign-in, limits, scenarios, faults, attachments, what it keeps of each call."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tui.clock import FixedClock, parse_instant
from tui.demo.data import DEMO_TOKEN
from tui.demo.faults import Fault, html_fault
from tui.demo.server import DemoServer

Json = dict[str, Any]
NOW = parse_instant("2026-11-23T08:15:00Z")
PREFIX = "/refb.merchant.v1.TicketService/"
Start = Callable[..., Awaitable[DemoServer]]
Connect = Callable[[DemoServer], Any]


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


async def first_open(client: Any) -> str:
    answer = await client.post("ListTickets", {"filter": {"status": {"any_of": ["OPEN"]}}})
    return str(answer.json()["tickets"][0]["id"])


async def notes_of(client: Any, ticket_id: str) -> str:
    answer = await client.post("GetTicket", {"ticket_id": ticket_id})
    return str(answer.json()["ticket"].get("notes", ""))


async def test_a_call_over_a_kept_connection(demo_server: Start, wire: Connect) -> None:
    server = await demo_server(clock=FixedClock(NOW))
    client = wire(server)
    for _ in range(3):
        answer = await client.post("ListTickets", {"pagination": {"limit": 2}})
        assert answer.status_code == 200
        assert len(answer.json()["tickets"]) == 2
        assert answer.headers["content-type"] == "application/json"
        assert parsedate_to_datetime(answer.headers["date"]).isoformat() == "2026-11-23T08:15:00+00:00"
    assert [(one.operation, one.http_status, one.committed) for one in server.calls] == [("ListTickets", 200, True)] * 3
    assert server.calls[0].body == {"pagination": {"limit": 2}}
    assert server.calls[0].at == NOW
    assert len(server._connections) == 1


@pytest.mark.parametrize("token", [None, "", "Plain", "Plain wrong-token", f"Bearer {DEMO_TOKEN}", DEMO_TOKEN])
async def test_a_missing_or_wrong_token_is_refused(demo_server: Start, wire: Connect, token: str | None) -> None:
    server = await demo_server()
    answer = await wire(server).post("ListTickets", {}, token=token)
    assert code_of(answer) == (401, 16)
    assert "x-ratelimit-remaining" in answer.headers


async def test_unknown_paths_and_other_methods(demo_server: Start, wire: Connect) -> None:
    http = wire(await demo_server()).http
    assert code_of(await http.post(PREFIX + "Nonsense")) == (404, 5)
    assert code_of(await http.post("/")) == (404, 5)
    assert code_of(await http.post("/files/x/y")) == (404, 5)
    assert code_of(await http.get(PREFIX + "ListTickets")) == (501, 12)
    assert (await http.head(PREFIX + "ListTickets")).status_code == 501
    assert code_of(await http.put(PREFIX + "ListTickets")) == (501, 12)


async def test_what_is_refused_says_why(demo_server: Start, wire: Connect) -> None:
    client = wire(await demo_server())
    answer = await client.post("ListTickets", {"pagination": {"limit": 101}})
    assert code_of(answer) == (400, 3)
    assert answer.json()["details"] == []
    assert code_of(await client.post("ListTickets", b"{nonsense")) == (400, 3)
    assert code_of(await client.post("GetTicket", {"ticket_id": "77"})) == (404, 5)


async def test_ten_requests_a_second(demo_server: Start, wire: Connect) -> None:
    clock = FixedClock(NOW)
    client = wire(await demo_server(clock=clock, rate=10))
    answers = [await client.post("ListTickets", {"pagination": {"limit": 1}}) for _ in range(12)]
    assert [one.status_code for one in answers] == [200] * 10 + [429] * 2
    assert code_of(answers[-1]) == (429, 8)
    assert "retry-after" not in answers[-1].headers
    assert [one.headers["x-ratelimit-limit"] for one in answers[:3]] == ["1", "2", "3"]
    assert [one.headers["x-ratelimit-remaining"] for one in answers[8:]] == ["1", "0", "0", "0"]
    assert {int(one.headers["x-ratelimit-reset"]) for one in answers} == {NOW // 1_000_000 + 1}
    clock.advance(1)
    assert (await client.post("ListTickets", {})).status_code == 200


async def test_a_request_that_is_too_large(demo_server: Start, wire: Connect) -> None:
    server = await demo_server(max_body=100_000)
    client = wire(server)
    answer = await client.post("ListTickets", b" " * 300_000)
    assert code_of(answer) == (413, 8)
    assert (await client.post("ListTickets", b"{}" + b" " * 90_000)).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"404"),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", b"100"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", b""),
        (b"", b""),
    ],
)
async def test_what_is_hardly_http(demo_server: Start, sent: bytes, status: bytes) -> None:
    server = await demo_server()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(sent)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer[9:12] == status


async def test_attachments_come_without_a_token(demo_server: Start, wire: Connect) -> None:
    server = await demo_server()
    client = wire(server)
    kinds = set[str]()
    for one in (await client.post("ListTickets")).json()["tickets"]:
        thread = (await client.post("GetTicket", {"ticket_id": one["id"]})).json()
        for message in thread["messages"]:
            for file in message["message"].get("attachments", []):
                assert file["url"].startswith(server.url + "/files/")
                answer = await client.http.get(file["url"])
                assert answer.status_code == 200
                assert answer.headers["content-type"] == file["content_type"]
                assert answer.content
                kinds.add(file["content_type"])
    assert {"application/pdf", "image/png", "text/plain", "application/octet-stream"} <= kinds
    assert server.calls[-1].operation == "GetTicket" or not server.calls[-1].authorized
    assert (await client.http.get("/files/214000000/nothing.pdf")).status_code == 404
    head = await client.http.head(file["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert (server.calls[-1].operation, server.calls[-1].authorized) == (
        f"HEAD {file['url'].removeprefix(server.url)}",
        False,
    )


@pytest.mark.parametrize(
    ("scenario", "wanted"), [("not-live", (501, 12)), ("unauthorized", (401, 16)), ("forbidden", (403, 7))]
)
async def test_scenarios_that_answer_alike(demo_server: Start, wire: Connect, scenario: str, wanted: Any) -> None:
    server = await demo_server(scenario=scenario)
    client = wire(server)
    assert code_of(await client.post("ListTickets")) == wanted
    assert code_of(await client.post("GetTicket", {"ticket_id": "1"})) == wanted
    assert not any(one.committed for one in server.calls)
    server.scenario = "ok"
    assert (await client.post("ListTickets")).status_code == 200


async def test_scenario_rate_limited(demo_server: Start, wire: Connect) -> None:
    clock = FixedClock(NOW)
    client = wire(await demo_server(clock=clock, rate=10, scenario="rate-limited"))
    statuses = []
    for _ in range(40):
        answer = await client.post("ListTickets", {"pagination": {"limit": 1}})
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            assert answer.headers["x-ratelimit-remaining"] == "0"
        clock.advance(1)
    assert set(statuses) == {200, 429}
    assert 20 < statuses.count(429) < 40


async def test_scenario_slow(demo_server: Start, wire: Connect) -> None:
    clock = FixedClock(NOW)
    client = wire(await demo_server(clock=clock, scenario="slow"))
    for _ in range(5):
        before = clock.now()
        assert (await client.post("ListTickets")).status_code == 200
        assert 2_000_000 <= clock.now() - before <= 4_000_000


async def test_scenario_drop_after_commit(demo_server: Start, wire: Connect) -> None:
    server = await demo_server(scenario="drop-after-commit")
    client = wire(server)
    ticket_id = await first_open(client)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("UpdateTicket", {"ticket_id": ticket_id, "notes": "landed"})
    assert await notes_of(client, ticket_id) == "landed"
    dropped = next(one for one in server.calls if one.operation == "UpdateTicket")
    assert (dropped.http_status, dropped.committed) == (0, True)


async def test_scenario_hang_ends_with_the_client_or_the_server(demo_server: Start, wire: Connect) -> None:
    server = await demo_server(scenario="hang")
    with pytest.raises(httpx.ReadTimeout):
        await wire(server).http.post(
            PREFIX + "ListTickets", headers={"Authorization": f"Plain {DEMO_TOKEN}"}, timeout=0.2
        )
    waiting = asyncio.create_task(wire(server).post("ListTickets"))
    await asyncio.sleep(0.1)
    begun = time.perf_counter()
    await server.stop()
    assert time.perf_counter() - begun < 1
    with pytest.raises(httpx.HTTPError):
        await waiting
    assert [one.http_status for one in server.calls] == [0, 0]


async def test_scenario_flaky_fails_in_many_ways_and_the_same_for_the_same_seed(
    demo_server: Start, wire: Connect
) -> None:
    async def run() -> tuple[list[str], list[bool]]:
        server = await demo_server(clock=FixedClock(NOW), scenario="flaky", seed=5)
        client, seen = wire(server), []
        for _ in range(60):
            try:
                answer = await client.post("UpdateTicket", {"ticket_id": "9007199254741009", "notes": "x"})
                seen.append(f"{answer.status_code} {answer.headers['content-type']}")
            except httpx.HTTPError as error:
                seen.append(type(error).__name__)
        return seen, [one.committed for one in server.calls]

    seen, committed = await run()
    assert (seen, committed) == await run()
    assert {"200 application/json", "503 application/json", "RemoteProtocolError", "ReadError"} <= set(seen)
    assert {"503 text/html", "502 text/html"} & set(seen)
    assert seen.count("200 application/json") > 20
    assert False in committed
    assert sum(committed) > seen.count("200 application/json")


@pytest.mark.parametrize(
    ("fault", "error", "landed"),
    [
        (Fault(close="reset", commit=False), httpx.ReadError, False),
        (Fault(close="reset"), httpx.ReadError, True),
        (Fault(close="end", commit=False), httpx.RemoteProtocolError, False),
        (Fault(close="end"), httpx.RemoteProtocolError, True),
        (Fault(cut=10), httpx.RemoteProtocolError, True),
        (Fault(status=500, body=b"{}"), None, True),
        (html_fault(504), None, False),
        (Fault(status=200, body=b"not json"), None, True),
        (Fault(status=302, headers={"Location": "https://other.example/"}, commit=False), None, False),
    ],
)
async def test_faults_by_script(
    demo_server: Start, wire: Connect, fault: Fault, error: type[Exception] | None, landed: bool
) -> None:
    server = await demo_server()
    client = wire(server)
    ticket_id = await first_open(client)
    server.script = lambda operation, body: fault if body.get("notes") == "landed" else None
    call = client.post("UpdateTicket", {"ticket_id": ticket_id, "notes": "landed"})
    if error is None:
        answer = await call
        assert (answer.status_code, answer.content) == (fault.status, fault.body)
        assert all(answer.headers[name] == value for name, value in fault.headers.items())
    else:
        with pytest.raises(error):
            await call
    assert (await notes_of(client, ticket_id) == "landed") is landed
    assert next(one for one in server.calls if one.operation == "UpdateTicket").committed is landed


async def test_a_write_that_lands_long_after_its_connection_died(demo_server: Start, wire: Connect) -> None:
    clock = FixedClock(NOW)
    server = await demo_server(clock=clock)
    client = wire(server)
    ticket_id = await first_open(client)
    server.script = lambda operation, _: Fault(late=90, close="reset") if operation == "UpdateTicket" else None
    with pytest.raises(httpx.ReadError):
        await client.post("UpdateTicket", {"ticket_id": ticket_id, "notes": "landed"})
    clock.advance(89)
    assert await notes_of(client, ticket_id) != "landed"
    clock.advance(1)
    assert await notes_of(client, ticket_id) == "landed"


async def test_a_fault_for_attachments_and_a_delay(demo_server: Start, wire: Connect) -> None:
    clock = FixedClock(NOW)
    server = await demo_server(clock=clock)
    server.script = lambda operation, body: Fault(status=404, body=b"gone", delay=5) if operation == "files" else None
    answer = await wire(server).http.get("/files/1/x.pdf")
    assert (answer.status_code, answer.content) == (404, b"gone")
    assert clock.now() == NOW + 5_000_000
    assert server.calls[-1].body == {"path": "/files/1/x.pdf"}


def test_a_fault_that_answers_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a status"):
        Fault(commit=False)
    with pytest.raises(ValueError, match="needs a status"):
        Fault(late=3)


async def test_an_unknown_scenario_names_those_there_are(demo_server: Start) -> None:
    with pytest.raises(ValueError, match="not-live"):
        await demo_server(scenario="sunny")


async def test_the_token_can_be_changed_while_it_runs(demo_server: Start, wire: Connect) -> None:
    server = await demo_server()
    client = wire(server)
    server.token = "another-token"
    assert code_of(await client.post("ListTickets")) == (401, 16)
    assert (await client.post("ListTickets", token="Plain another-token")).status_code == 200


async def test_stop_and_start_keep_the_port_and_the_state(demo_server: Start, wire: Connect) -> None:
    server = await demo_server()
    client = wire(server)
    url, ticket_id = server.url, await first_open(client)
    await client.post("UpdateTicket", {"ticket_id": ticket_id, "notes": "kept"})
    await server.stop()
    await server.stop()
    with pytest.raises(httpx.HTTPError):
        await client.post("ListTickets")
    await server.start()
    assert server.url == url
    assert await notes_of(client, ticket_id) == "kept"


async def test_the_same_seed_and_calls_give_the_same_bytes_over_the_wire(demo_server: Start, wire: Connect) -> None:
    async def run() -> list[bytes]:
        clock = FixedClock(NOW)
        server = await demo_server(clock=clock, port=0)
        client, out = wire(server), []
        ids = [one["id"] for one in (await client.post("ListTickets")).json()["tickets"]]
        for ticket_id in ids[-8:]:
            new = {"scope": "PUBLIC", "message": {"body_html": "<p>Hello</p>"}}
            for operation, body in (
                ("UpdateTicket", {"ticket_id": ticket_id, "new_message": new}),
                ("ListTickets", {}),
            ):
                answer = await client.post(operation, body)
                out.append(answer.content.replace(server.url.encode(), b""))
                clock.advance(15)
        return out

    first = await run()
    assert first == await run()
    assert json.loads(first[0])["messages"]
