from __future__ import annotations

import sys

from gradio_client import Client

anna, ben = (Client(f"http://127.0.0.1:{sys.argv[1]}", verbose=False) for _ in range(2))
for number, way in enumerate(["thread", "loop", "parts", "unqueued"]):
    print(anna.predict(f"a{number}", api_name=f"/{way}"))
    print(ben.predict(f"b{number}", api_name=f"/{way}"))
