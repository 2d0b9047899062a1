"""Files become reports: text, tables, PDF, Word, RTF, zip, scans; parsed in a confined process."""
