"""The tab where one report is extracted and reviewed."""
