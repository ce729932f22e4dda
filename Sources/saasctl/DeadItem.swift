import Base
import Domain

/// What `saasctl events dlq` lists: an event that was given up, or a message that is none.
enum DeadItem: JSONWritable {
    case event(DeadLetter)
    case message(RejectedMessage)

    /// event_id, event_type, tenant_id of an event, message and payload_bytes of a message, null in the other; died_at,
    /// attempts, first_failure_at, cause.
    func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .event(let letter):
                json.member("event_id", letter.id)
                json.member("event_type", letter.type)
                json.member("tenant_id", letter.tenantID)
                json.member("message", String?.none)
                json.member("payload_bytes", Int?.none)
                json.member("died_at", letter.death)
                json.member("attempts", letter.attempts)
                json.member("first_failure_at", letter.firstFailure)
                json.member("cause", letter.cause)
            case .message(let message):
                json.member("event_id", String?.none)
                json.member("event_type", String?.none)
                json.member("tenant_id", String?.none)
                json.member("message", message.place.description)
                json.member("payload_bytes", message.payloadBytes)
                json.member("died_at", message.time)
                json.member("attempts", 1)
                json.member("first_failure_at", message.time)
                json.member("cause", message.cause)
            }
        }
    }

    /// For a table.
    var cells: [String] {
        switch self {
        case .event(let letter):
            [
                letter.id.description, letter.type, letter.tenantID.description, letter.death.description,
                "\(letter.attempts)", letter.firstFailure.description, letter.cause.singleLine,
            ]
        case .message(let message):
            [
                message.place.description, "-", "-", message.time.description, "1", message.time.description,
                "\(message.cause.singleLine) (\(message.payloadBytes) bytes)",
            ]
        }
    }
}
