-- What the processes were granted of each budget in the clock hour that begins at window_start. It takes the place of
-- rate_windows, which workers of the version before may still write to.
CREATE TABLE rate_budgets (
    subject      text NOT NULL,
    window_start timestamptz NOT NULL,
    used         bigint NOT NULL,
    -- How much of it the process that asked last was given.
    last_lease   bigint NOT NULL,
    PRIMARY KEY (subject, window_start)
);
CREATE INDEX rate_budgets_start ON rate_budgets (window_start);
