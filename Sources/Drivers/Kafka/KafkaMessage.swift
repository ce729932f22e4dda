/// A message to be sent. Messages of one topic and key stay in order.
package struct KafkaMessage: Sendable {
    package let topic: String
    /// Decides the partition (murmur2, as Java's clients do); nil spreads over all of them.
    package let key: [UInt8]?
    package let payload: [UInt8]
    /// Names may repeat and keep their order.
    package let headers: [(String, [UInt8])]

    package init(topic: String, key: [UInt8]?, payload: [UInt8], headers: [(String, [UInt8])] = []) {
        self.topic = topic
        self.key = key
        self.payload = payload
        self.headers = headers
    }
}
