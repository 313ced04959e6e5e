"""The guided lesson: its files, the card beside the pages, and what completes a step."""
