package import Base
package import Domain

extension TenantDeletion: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("tenant_id", tenantID)
            json.member("requested_at", requestedAt)
            json.member("requested_by", requestedBy)
            json.member("begun_at", begunAt)
            json.member("carried_out_by", carriedOutBy)
            json.member("table_rows", census.map { JSONValue.object($0.tableRows.mapValues { .integer($0) }) })
            json.member("database_bytes", census?.databaseBytes)
            json.member("objects", manifest?.objects)
            json.member("object_bytes", manifest?.bytes)
            json.member("manifest_sha256", manifest?.sha256)
            json.member("main_rows", mainRows.map { JSONValue.object($0.mapValues { .integer($0) }) })
            json.member("finished_at", finishedAt)
            json.member("stragglers", stragglers)
            json.member("settled_at", settledAt)
        }
    }

    /// For people: rows of two columns.
    var rows: [[String]] {
        [
            ["purge begun", "\(begunAt)"], ["purged", finishedAt?.description ?? "not yet"],
            ["carried out by", carriedOutBy],
            ["rows removed", "\(census?.tableRows.values.reduce(0, +) ?? 0)"],
            ["database removed", "\(census?.databaseBytes ?? 0) bytes"],
            ["objects removed", "\(manifest?.objects ?? 0), \(manifest?.bytes ?? 0) bytes"],
            ["manifest SHA-256", manifest?.sha256 ?? "-"], ["settled", settledAt?.description ?? "not yet"],
        ]
    }
}
