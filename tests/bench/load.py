"""`python -m tests.bench load --users 50 --minutes 5`: a class on all pages at once, by websockets that speak
Streamlit's own protocol: what browsers send, without their drawing. With `--replicas 2` they come to as many
servers behind nginx, as .deploy has them.
"""

import argparse
import asyncio
import random
import re
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean, median, quantiles
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.bench.users import megabytes
from tests.browser import launch
from tests.browser.test_replicas import Replicas
from tests.test_pages import PAGES, WITHOUT_TEXT

EVERY = 2.0  # seconds between two texts of one user
BAR, STEADY = 0.5, 1.05  # p95 of all answers, in seconds; memory of the last minute / of the first
LEAVE = 5  # seconds after which the server forgets who has left
TYPED = [page for page in PAGES if page not in WITHOUT_TEXT]
WORDS = (
    "a the my one old little red big man woman boy girl dog cat bird river bank money road house tree friend "
    "saw found walked ran sat put took gave got wanted to in on by from with and but across near his her it was"
)


class User:
    """One visitor on one page, who types a new sentence again and again."""

    def __init__(self, socket, page, chance):
        self.socket, self.page, self.chance = socket, page, chance
        self.box, self.taken, self.errors = None, [], 0

    async def ask(self, text=None):
        """The seconds from a message to the end of its run; what goes wrong is counted."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        if text is not None:
            message.rerun_script.widget_states.widgets.add(id=self.box, string_value=text)
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self.look(answer.delta.new_element)
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return time.perf_counter() - start

    def look(self, element):
        """Remember the box for the text, or for another where the page has none; count what failed."""
        kind = element.WhichOneof("type")
        if kind == "text_area" and (self.box is None or element.text_area.id.endswith("-text")):
            self.box = element.text_area.id
        failed = kind == "alert" and element.alert.format == element.alert.ERROR
        self.errors += kind == "exception" or failed

    def sentence(self):
        return " ".join(self.chance.choices(WORDS.split(), k=self.chance.randint(6, 14))) + "."

    async def work(self, end):
        """A text every so many seconds until the end; a slow answer puts the next one off."""
        await asyncio.sleep(self.chance.uniform(0, EVERY))
        while time.monotonic() < end:
            try:
                self.taken.append(await self.ask(self.sentence()))
            except (ConnectionClosed, TimeoutError):
                self.errors += 1
                return
            await asyncio.sleep(max(0.0, EVERY - self.taken[-1]))


async def enter(url, page, seed):
    """A user who has seen the page, with the text that it begins with."""
    socket = await connect(url.replace("http", "ws", 1) + "/_stcore/stream", max_size=None)
    user = User(socket, page, random.Random(seed))
    await user.ask()
    return user


class House:
    """The servers that answer behind one address."""

    def __init__(self, url, servers):
        self.url, self.servers = url, servers

    def megabytes(self):
        return sum(megabytes(server.process) for server in self.servers)

    def computed(self):
        """Seconds of a core that they and their workers have computed so far."""
        return sum(server.computed() for server in self.servers)

    def sessions(self):
        """How many sessions they keep."""
        return sum(sessions(server.url) for server in self.servers)


def house(replicas, stack):
    """One server, or several behind nginx, as long as the stack is open."""
    options, environment = {"server.disconnectedSessionTTL": LEAVE}, {"RIVERBANK_METRICS": "1"}
    if replicas == 1:
        server = stack.enter_context(launch.server(options=options, environment=environment))
        return House(server.url, [server])
    compose = (launch.ROOT / ".deploy" / "compose.yaml").read_text(encoding="utf-8")
    environment |= dict(re.findall(r"(RIVERBANK_\w+): \${\1:-(\w+)}", compose))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    front = Replicas(folder, stack, replicas, options=options, environment=environment)
    return House(front.url, front.servers)


async def watch(house, end, readings):
    """The servers' megabytes, every second."""
    while time.monotonic() < end:
        readings.append(house.megabytes())
        await asyncio.sleep(1)


def sessions(url):
    """How many sessions a server keeps."""
    with urlopen(f"{url}/_stcore/metrics?families=active_sessions") as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.split()[1])) for line in lines if line.startswith("active_sessions"))


async def crowd(house, count, minutes):
    """Users, megabytes each second, what a session takes, CPU seconds, and the sessions left after all went."""
    users, half = [], count // 2
    for n in range(count):
        if n == half:  # by now every page has been computed once
            before = house.megabytes()
        users.append(await enter(house.url, TYPED[n % len(TYPED)], n))
    each = (house.megabytes() - before) / (count - half)
    readings, end, computed = [], time.monotonic() + 60 * minutes, house.computed()
    await asyncio.gather(watch(house, end, readings), *(user.work(end) for user in users))
    computed = house.computed() - computed
    for user in users:
        await user.socket.close()
    await asyncio.sleep(3 * LEAVE)
    return users, readings, each, computed, house.sessions()


def times(taken):
    """Count, median, 95th percentile and the longest, as a line of the table."""
    high = quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else taken[0]
    return f"{len(taken):>8} {1000 * median(taken):>8.0f} {1000 * high:>8.0f} {1000 * max(taken):>8.0f}", high


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench load", description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--replicas", type=int, default=1, choices=(1, 2))
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        servers = house(asked.replicas, stack)
        users, memory, each, computed, left = asyncio.run(crowd(servers, asked.users, asked.minutes))
    behind = f", {asked.replicas} servers behind nginx" if asked.replicas > 1 else ""
    print(f"{asked.users} users, a new sentence every {EVERY:.0f} s each, {asked.minutes:g} minutes{behind}")
    print(f"{'page':<18} {'answers':>8} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    for page in TYPED[: asked.users]:
        print(f"{page:<18} {times([one for user in users if user.page == page for one in user.taken])[0]}")
    every = [one for user in users for one in user.taken]
    line, high = times(every)
    print(f"{'all':<18} {line}   p95 ≤ {1000 * BAR:.0f} ms {'met' if high <= BAR else 'MISSED'}")
    first, last = fmean(memory[:60]), fmean(memory[-60:])
    errors = sum(user.errors for user in users)
    print(f"errors {errors}   ≤ 0 {'MISSED' if errors else 'met'}")
    steady = "met" if last <= STEADY * first else "MISSED"
    print(f"memory {first:.0f} MB in the first minute, {last:.0f} MB in the last   ≤ {STEADY} times {steady}")
    print("minute by minute", *(f"{fmean(memory[i : i + 60]):.0f}" for i in range(0, len(memory) - 30, 60)))
    print(f"{each:.2f} MB a session; {left} sessions left {3 * LEAVE} s after all went")
    rate = len(every) / (60 * asked.minutes)
    print(f"{rate:.1f} answers a second; {1000 * computed / len(every):.0f} ms of a core each")
