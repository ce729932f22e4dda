package import Base
import Contract
package import Domain

extension DemoMessage: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("event_id", eventID)
            json.member("topic", topic.text)
            json.member("key", key)
            json.member("message", message)
            json.member("produced_at", producedAt)
            json.member("consumed_at", consumedAt)
        }
    }
}

/// A demo event as it is put on the bus.
struct DemoEvent: JSONWritable {
    let event: Event

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("event_id", event.id)
            json.member("event_type", event.type.rawValue)
            json.member("topic", event.topic)
            json.member("user_id", event.userID)
            json.member("timestamp", event.time)
            json.member("data", JSONValue.object(event.data))
        }
    }
}

/// What a demo consumer answers: which bus carries the messages, and the caller's own.
struct DemoMessages: JSONWritable {
    let bus: EventBusKind
    let messages: [DemoMessage]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("status", "active")
            json.member("bus", bus.rawValue)
            json.member("messages", messages)
        }
    }
}
