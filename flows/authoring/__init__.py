"""From `content/` to a `Program`, or to a list of issues an administrator can act on."""
