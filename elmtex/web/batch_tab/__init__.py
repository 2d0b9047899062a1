"""The tab of many reports."""
