package import Base

/// A message that was read from a broker and is no event.
package struct RejectedMessage: Equatable, Sendable {
    package let place: MessagePlace
    package let cause: String
    /// The whole message, or the beginning of one that is too large for an event; empty in lists.
    package let payload: [UInt8]
    package let payloadBytes: Int
    package let time: Timestamp

    /// Larger messages are no events, and only their beginning is kept.
    package static let wholeBytes = 1 << 20
    private static let beginningBytes = 65_536

    package init(place: MessagePlace, cause: String, payload: [UInt8], at time: Timestamp) {
        self.init(
            place: place, cause: cause,
            payload: payload.count > Self.wholeBytes ? Array(payload.prefix(Self.beginningBytes)) : payload,
            payloadBytes: payload.count, time: time)
    }

    /// As it is stored.
    package init(place: MessagePlace, cause: String, payload: [UInt8], payloadBytes: Int, time: Timestamp) {
        self.place = place
        self.cause = cause
        self.payload = payload
        self.payloadBytes = payloadBytes
        self.time = time
    }
}

/// Where a message is in the broker, written `topic/partition/offset`.
package struct MessagePlace: Hashable, Sendable, LosslessStringConvertible {
    package let topic: String
    package let partition: Int32
    package let offset: Int64

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    package init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let partition = Int32(parts[1]), let offset = Int64(parts[2])
        else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset)
    }

    package var description: String { "\(topic)/\(partition)/\(offset)" }
}
