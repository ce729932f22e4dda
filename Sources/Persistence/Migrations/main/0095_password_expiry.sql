-- When a password that the product made up stops opening anything; null for one that its user chose.
ALTER TABLE users ADD COLUMN password_expires_at timestamptz;
