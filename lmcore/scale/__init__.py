"""How large is a run, how far is it to a large one, and how its loss falls with its size: parameters, operations, memory, time, laws."""
