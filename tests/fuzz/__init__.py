"""What nobody should send, sent to a real server: texts, addresses, messages of views, files, requests.

`tests/test_fuzz.py` does it for some seconds, `python -m tests.fuzz --minutes 10` for as long as is wished.
"""
