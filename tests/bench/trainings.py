"""`python -m tests.bench trainings --seconds 40`: two visitors train models, one after the other without a
pause; a third types sentences on a light page. Once with the training and once without, in turn.
"""

import argparse
import random
import threading
import time
from contextlib import suppress

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed

from tests.bench.heavy import light
from tests.bench.load import times
from tests.browser import launch
from tests.wire import SECONDS, Visitor

BAR = 1.5  # p95 of the third visitor's answers while others train / while nobody does
TURNS = 3  # of each
TASKS = "repeat", "look up"


class Watcher(Visitor):
    """A visitor whose page looks at its training as a browser has it do: only that part of the page runs."""

    fragment = ""

    def take(self, place, delta):
        self.fragment = delta.fragment_id or self.fragment
        super().take(place, delta)

    def look(self):
        """Run that part; whether the training still goes on."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = self.fragment
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(SECONDS))
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self.take(tuple(answer.metadata.delta_path), answer.delta)
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return self.widget("button", "learning.train").label == "Pause"


def train(url, task, end, steps):
    """One of the two: begin, look each second as the page does, begin anew once it has ended."""
    chance = random.Random(task)
    with Watcher(url) as visitor, suppress(ConnectionClosed):  # the server has gone at the end
        while time.monotonic() < end:
            visitor.open("learning", **{"learning.task": task, "learning.seed": chance.randint(2, 1000)})
            visitor.run(states={visitor.widget("button", "learning.train").id: True})
            goes_on = True
            while time.monotonic() < end and goes_on:
                time.sleep(1)
                goes_on = visitor.look()
            steps.append(visitor.wrong())
            if (button := visitor.widget("button", "learning.train")).label == "Pause":
                visitor.run(states={button.id: True})


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.bench trainings", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args(arguments)
    alone, beside, wrong = [], [], []
    with launch.server() as server:
        for _ in range(TURNS):
            alone += light(server.url, asked.seconds)
            end = time.monotonic() + asked.seconds + 6
            two = [threading.Thread(target=train, args=(server.url, task, end, wrong)) for task in TASKS]
            for one in two:
                one.start()
            time.sleep(5)  # the workers have started
            beside += light(server.url, asked.seconds)
            for one in two:
                one.join()
    print("the third visitor    answers   p50 ms   p95 ms   max ms")
    (first, without), (second, with_two) = times(alone), times(beside)
    print(f"{'nobody trains':18}{first}")
    print(f"{'two train':18}{second}")
    ratio = with_two / without
    verdict = "met" if ratio <= BAR else "MISSED"
    print(f"p95 with training / without: {ratio:.2f}   ≤ {BAR} {verdict}; {sum(map(bool, wrong))} failures")
