"""The SQLite store of texts, runs and rooms, its backups and limits. The only place that writes SQL."""
