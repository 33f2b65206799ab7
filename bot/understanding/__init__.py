"""Free text becomes a `Reading`, before the engine sees it. The text itself is kept nowhere."""
