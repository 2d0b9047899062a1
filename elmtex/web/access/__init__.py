"""Who may ask the page what: hosts, origins, sign-in, identity, headers."""
