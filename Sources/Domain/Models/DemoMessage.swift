package import Base
package import Contract

/// A message on one of the demonstration topics, which the demo routes put on the bus.
package struct DemoMessage: Equatable, Sendable {
    package let eventID: EventID
    /// Whose it is: nobody else sees it.
    package let userID: UserID
    package let topic: DemoTopic
    package let key: String?
    package let message: JSONValue
    package let producedAt: Timestamp
    package let consumedAt: Timestamp

    package init(
        eventID: EventID, userID: UserID, topic: DemoTopic, key: String?, message: JSONValue, producedAt: Timestamp,
        consumedAt: Timestamp
    ) {
        self.eventID = eventID
        self.userID = userID
        self.topic = topic
        self.key = key
        self.message = message
        self.producedAt = producedAt
        self.consumedAt = consumedAt
    }

    /// The message in an event `demo`; nil when it holds none.
    package init?(event: Event, consumedAt: Timestamp) {
        guard event.type == .demo, let userID = event.userID,
            let topic = event.data["topic"]?.string.flatMap({ try? DemoTopic($0) }),
            let message = event.data["message"]
        else { return nil }
        self.init(
            eventID: event.id, userID: userID, topic: topic, key: event.data["key"]?.string, message: message,
            producedAt: event.time, consumedAt: consumedAt)
    }
}

/// A topic that the demo routes may use: `demo.` and a name of lower-case letters, digits, dots, dashes and underscores.
package struct DemoTopic: Hashable, Sendable {
    package let text: String

    /// - Throws: `InvalidValue` for any other topic, so that no event of the product can be forged.
    package init(_ text: String) throws(InvalidValue) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard text.hasPrefix("demo."), text.utf8.count > 5, text.utf8.count <= 100, isPlain, !text.hasSuffix(".dlq")
        else {
            throw InvalidValue(
                "must be demo. and a name of a-z, 0-9, dots, dashes and underscores, 100 in all, not ending in .dlq")
        }
        self.text = text
    }
}

extension TenantID {
    /// The nil UUID (RFC 9562 section 5.9), in events that belong to no tenant.
    package static var noTenant: TenantID { TenantID(high: 0, low: 0) }
}

extension Event {
    /// The topic that the event goes to.
    package var topic: String { type == .demo ? data["topic"]?.string ?? type.rawValue : type.rawValue }
}
