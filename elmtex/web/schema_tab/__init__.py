"""The tab of custom schemas."""
