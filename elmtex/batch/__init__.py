"""Many reports, resumable: one job, several ways to run it and to keep what it gives."""
