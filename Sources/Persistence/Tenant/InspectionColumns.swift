import Base
import Contract
import Domain
import Postgres

/// The columns of `file_inspections` beside those of a file `f`; NULLs in a database whose schema is behind.
struct InspectionColumns {
    let columns: Query
    let join: Query

    init(isThere: Bool) {
        if isThere {
            columns = "i.inspected_at, i.page_count, i.image_width, i.image_height, i.scan, i.threat"
            join = " LEFT JOIN file_inspections i ON i.file_id = f.id "
        } else {
            columns = "NULL::timestamptz, NULL::integer, NULL::integer, NULL::integer, NULL::text, NULL::text"
            join = " "
        }
    }
}

extension FileInspection {
    /// Reads the columns of `InspectionColumns`, from the column `first` on; nil when there is no row.
    init?(row: Row, from first: Int) throws(PostgresError) {
        guard let inspectedAt: Timestamp = try row.decodeIfPresent(first) else { return nil }
        let scan: String? = try row.decodeIfPresent(first + 4)
        self.init(
            inspectedAt: inspectedAt, pageCount: try row.decodeIfPresent(first + 1),
            imageWidth: try row.decodeIfPresent(first + 2), imageHeight: try row.decodeIfPresent(first + 3),
            scan: scan.flatMap(ScanVerdict.init(rawValue:)), threat: try row.decodeIfPresent(first + 5))
    }
}

extension PostgresFileRepository {
    func note(_ inspection: FileInspection, of id: FileID) throws(ErrorAnswer) {
        guard try inspections.isThere(session) else { return }
        try session.execute(
            """
            INSERT INTO file_inspections (file_id, inspected_at, page_count, image_width, image_height, scan, threat)
            SELECT f.id, \(inspection.inspectedAt), \(inspection.pageCount)::integer, \(inspection.imageWidth)::integer,
                   \(inspection.imageHeight)::integer, \(inspection.scan?.rawValue), \(inspection.threat)
            FROM files f WHERE f.id = \(id) AND f.state = 'live'
            ON CONFLICT (file_id) DO UPDATE
            SET inspected_at = excluded.inspected_at, page_count = excluded.page_count,
                image_width = excluded.image_width, image_height = excluded.image_height,
                scan = excluded.scan, threat = excluded.threat
            """)
    }
}
