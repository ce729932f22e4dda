package import Base
package import Domain

extension OutboxEntry: JSONWritable {
    /// event_id, event_type, tenant_id, timestamp, attempts, last_error; null where the type is not known.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("event_id", id)
            json.member("event_type", type)
            json.member("tenant_id", event?.tenantID)
            json.member("timestamp", event?.time)
            json.member("attempts", attempts)
            json.member("last_error", lastError)
        }
    }

    /// The same, for a table.
    var cells: [String] {
        [
            id.description, type, event?.tenantID.description ?? "-", event?.time.description ?? "-", "\(attempts)",
            lastError?.singleLine ?? "-",
        ]
    }
}
