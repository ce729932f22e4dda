// The target is filled by the next commits.
