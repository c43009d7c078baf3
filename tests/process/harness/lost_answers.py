"""Between a worker and a service: the first answer to a method is lost, and the connection with it.

    with LostAnswers(endpoint, "storage.complete_upload") as between:
        start_worker(between.endpoint)
        ...
        assert between.lost == 1

What was asked for has been done by then: it is as if the service had died before it could say so.
"""
import tempfile
import threading

import msgpack
import zmq

METHOD_FIELD = 1  # Of a RequestHeader (common/schema/wire.hpp), after the id that comes back in the ReplyHeader.


def fields_of(frame):
    _, _, _, fields = msgpack.unpackb(frame, raw=True)
    return fields


class LostAnswers:
    def __init__(self, endpoint, method):
        # A folder of its own: a socket's path has 107 bytes at most.
        self._folder = tempfile.TemporaryDirectory(prefix="onput-between-")
        self.endpoint = f"ipc://{self._folder.name}/between.sock"
        self.lost = 0
        self._service = endpoint
        self._method = method.encode()
        self._context = zmq.Context()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._open()
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._end.set()
        self._thread.join()
        self._context.destroy(linger=0)
        self._folder.cleanup()

    def _open(self):
        self._front = self._context.socket(zmq.ROUTER)
        self._front.bind(self.endpoint)
        self._backs = {}  # Of each peer, a connection of its own.
        self._asked = set()  # Requests whose answer is to be lost.

    def _back_of(self, peer):
        if peer not in self._backs:
            self._backs[peer] = self._context.socket(zmq.DEALER)
            self._backs[peer].connect(self._service)
        return self._backs[peer]

    def _work(self):
        while not self._end.is_set():
            poller = zmq.Poller()
            for socket in (self._front, *self._backs.values()):
                poller.register(socket, zmq.POLLIN)
            ready = dict(poller.poll(50))
            if self._front in ready:
                peer, *frames = self._front.recv_multipart()
                request, method = fields_of(frames[0])[:METHOD_FIELD + 1]
                if method == self._method and not self._asked and not self.lost:
                    self._asked.add((peer, request))
                self._back_of(peer).send_multipart(frames)
            for peer, back in list(self._backs.items()):
                if back in ready:
                    self._answer(peer, back.recv_multipart())

    def _answer(self, peer, frames):
        if (peer, fields_of(frames[0])[0]) not in self._asked:
            self._front.send_multipart([peer, *frames])
            return
        self.lost += 1
        for socket in (self._front, *self._backs.values()):
            socket.close(linger=0)
        self._open()
