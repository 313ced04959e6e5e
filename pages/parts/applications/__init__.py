"""The rooms of the page Applications: tasks as the continuation of a line, `prompt => answer`."""
