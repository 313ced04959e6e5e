"""What all pages share. The rooms of one page lie in the folder of its name; what several pages say of a run in `run`."""
