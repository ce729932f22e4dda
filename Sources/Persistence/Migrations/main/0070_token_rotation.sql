-- The key that signed the present refresh token: the same text can be made again after another key began to sign.
-- Empty for families that are older than this column: the signing key is taken.
ALTER TABLE token_families ADD COLUMN current_kid text NOT NULL DEFAULT '';
