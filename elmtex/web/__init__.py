"""The web page: `server` builds and serves it, `controller` answers its clicks, a folder a tab has the rest."""
