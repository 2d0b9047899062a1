"""Many reports into one file, resumable."""
