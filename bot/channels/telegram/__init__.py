"""Telegram, the only place that knows it: updates come in by `Poller` or `webhook`, calls leave by `TelegramChannel`.

`incoming` reads an update into what the use cases know, `outgoing` renders what they say into calls, `outcomes` tells
what an answer means, `limits` keeps us within Telegram's rates, `transport` is the one HTTP session, `setup` gives
the bot its name and commands.
"""
