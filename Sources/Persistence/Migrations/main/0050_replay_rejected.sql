-- Messages of the broker that were refused can be judged anew: NULL asks for dead letters as before, '*' for all refused
-- messages, and topic/partition/offset for one of them.
ALTER TABLE replay_requests ADD COLUMN rejected text;
