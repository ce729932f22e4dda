package import Base
import Contract
package import Domain

/// An event as a broker carries it: `{event_id, event_type, tenant_id, user_id, timestamp, data}`.
package struct EventEnvelope: JSONWritable {
    package let event: Event

    /// Longer messages are no events of ours.
    package static let maxBytes = RejectedMessage.wholeBytes

    package init(_ event: Event) { self.event = event }

    /// Reads a message.
    ///
    /// - Throws: `EnvelopeError` with what is wrong about it.
    package init(parsing bytes: [UInt8]) throws(EnvelopeError) {
        guard bytes.count <= Self.maxBytes else { throw EnvelopeError("the message is too large") }
        guard let json = try? JSONValue(parsing: bytes), json.object != nil else {
            throw EnvelopeError("the message is not a JSON object")
        }
        guard let id = json["event_id"]?.string.flatMap({ EventID($0) }) else { throw EnvelopeError("no event_id") }
        guard let type = json["event_type"]?.string.flatMap({ EventType(rawValue: $0) }) else {
            throw EnvelopeError("the event's type is not known")
        }
        guard let tenant = json["tenant_id"]?.string.flatMap({ TenantID($0) }) else {
            throw EnvelopeError("no tenant_id")
        }
        guard let time = json["timestamp"]?.string.flatMap({ Timestamp($0) }) else {
            throw EnvelopeError("no timestamp")
        }
        guard let data = json["data"]?.object else { throw EnvelopeError("no data") }
        event = Event(
            id: id, type: type, tenantID: tenant, userID: json["user_id"]?.string.flatMap { UserID($0) }, time: time,
            data: data)
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("event_id", event.id)
            json.member("event_type", event.type.rawValue)
            json.member("tenant_id", event.tenantID)
            json.member("user_id", event.userID)
            json.member("timestamp", event.time)
            json.member("data", JSONValue.object(event.data))
        }
    }
}

/// Why a message is no event.
package struct EnvelopeError: Error, Equatable {
    package let sentence: String
    init(_ sentence: String) { self.sentence = sentence }
}
