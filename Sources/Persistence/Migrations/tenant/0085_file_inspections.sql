-- What was found in files' contents after they were stored.
CREATE TABLE file_inspections (
    file_id      uuid PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    inspected_at timestamptz NOT NULL,
    page_count   integer CHECK (page_count >= 0),
    image_width  integer CHECK (image_width > 0),
    image_height integer CHECK (image_height > 0),
    scan         text CHECK (scan IN ('clean', 'infected', 'too_large')),
    threat       text CHECK (char_length(threat) <= 255),
    CONSTRAINT file_inspections_threat CHECK ((threat IS NOT NULL) = (scan IS NOT DISTINCT FROM 'infected'))
);
