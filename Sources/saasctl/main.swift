// The program is filled by the next commits.
