"""Telegram, the only place that knows it: updates come in by `Poller` or `webhook`, calls leave by `TelegramChannel` for
seekers (`outgoing`) and by `TelegramDeskChannel` for responders (`desk`).

`incoming` reads an update into what the use cases know, `rendering` turns what they say into parameters, `speaking`
makes the calls, `outcomes` tells what an answer means, `downloads` fetches files, `presses` stops spinners, `limits`
keeps us within Telegram's rates, `transport` is the HTTP session, `setup` gives a bot its name and commands.
"""
