"""A process that is a crowd of readers: each asks for one page after another, on a connection that it keeps.

Started as `python -m bench.readers PORT HEADER READERS PATHS…`, the header such as "Cookie: …". It answers each line
"SECONDS" on its input with how many pages were read, how many went wrong, and the longest wait, in seconds.
"""

import http.client
import itertools
import sys
import threading
import time


def main(port: str, header: str, readers: str, *paths: str) -> None:
    """Read as asked, until the input ends."""
    headers = dict([header.split(": ", 1)])
    for line in sys.stdin:
        until, waits = time.time() + float(line), [list[float]() for _ in range(int(readers))]
        wrong = [0] * len(waits)

        def read(number: int, until: float = until, waits: list[list[float]] = waits, wrong: list[int] = wrong) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
            for path in itertools.islice(itertools.cycle(paths), number % len(paths), None):
                if time.time() > until:
                    break
                started = time.time()
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                waits[number].append(time.time() - started)
                wrong[number] += answer.status != 200
            connection.close()

        crowd = [threading.Thread(target=read, args=(number,)) for number in range(len(waits))]
        for reader in crowd:
            reader.start()
        for reader in crowd:
            reader.join()
        print(sum(map(len, waits)), sum(wrong), max(map(max, waits)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
