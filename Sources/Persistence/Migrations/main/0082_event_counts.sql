-- What became of events, summed over all workers: for the metrics. Workers add to it about once a second.
CREATE TABLE event_counts (
    event_type text NOT NULL,
    outcome    text NOT NULL,
    total      bigint NOT NULL CHECK (total >= 0),
    PRIMARY KEY (event_type, outcome)
);
