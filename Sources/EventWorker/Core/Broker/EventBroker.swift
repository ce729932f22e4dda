/// Where events are sent when a broker is configured.
package protocol EventBroker: Sendable {
    /// Sends messages in order and blocks, some seconds at most, until each is stored or has failed; one result each,
    /// nil for stored. A failed one may be stored all the same.
    func send(_ messages: [BrokerMessage]) -> [BrokerFailure?]
}

/// A message towards the broker.
package struct BrokerMessage: Sendable {
    package let topic: String
    package let key: [UInt8]?
    package let payload: [UInt8]
    package let headers: [(String, String)]

    package init(topic: String, key: [UInt8]?, payload: [UInt8], headers: [(String, String)] = []) {
        self.topic = topic
        self.key = key
        self.payload = payload
        self.headers = headers
    }
}

/// A message was not stored, as far as is known.
package struct BrokerFailure: Error, Sendable {
    package let cause: String
    /// Whether sending it again cannot help: the message itself is refused.
    package let isPermanent: Bool

    package init(cause: String, isPermanent: Bool) {
        self.cause = cause
        self.isPermanent = isPermanent
    }
}
