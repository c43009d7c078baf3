"""kill -9 of one service after the other while a test goes on."""
import itertools
import threading


class Killer:
    """Kills until told to stop, each service `rounds` times at least.

    `pause` gives the seconds before each kill; `choose`, if given, the next victim once each had its
    rounds. Else the services take turns, for ever or, with `ends_itself`, for their rounds.
    """

    def __init__(self, onput, services, rounds, pause, choose=None, ends_itself=False):
        self.onput = onput
        self.rounds = rounds
        self.killed = dict.fromkeys(services, 0)
        self.end = threading.Event()
        arguments = (pause, choose, ends_itself)
        self.thread = threading.Thread(target=self._work, args=arguments, daemon=True)
        self.thread.start()

    def _work(self, pause, choose, ends_itself):
        turns = itertools.cycle(self.killed)
        while not (ends_itself and self.has_done_its_rounds) and not self.end.wait(pause()):
            if choose is None:
                victim = next(turns)
            elif self.has_done_its_rounds:
                victim = choose()
            else:
                # Those that were spared longest come first: a short run kills each one too.
                victim = min(self.killed, key=self.killed.get)
            self.killed[victim] += bool(self.onput.kill(victim))

    @property
    def has_done_its_rounds(self):
        return min(self.killed.values()) >= self.rounds

    def stop(self):
        self.end.set()
        self.thread.join()
