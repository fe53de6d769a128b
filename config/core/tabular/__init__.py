"""Tables in files: CSV, text and XLSX, read and written in bounded memory. No other package reads or writes their formats."""
