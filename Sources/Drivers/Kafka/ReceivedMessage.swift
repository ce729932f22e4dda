package import Base

/// A message that was read, with its place in its partition.
package struct ReceivedMessage: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let key: [UInt8]?
    package let payload: [UInt8]
    package let headers: [(String, [UInt8])]
    /// When it was made or appended, as the topic is set up; nil when the broker did not say.
    package let timestamp: Timestamp?

    /// Made by hand only where no broker is, as in tests.
    package init(
        topic: String, partition: Int32, offset: Int64, key: [UInt8]?, payload: [UInt8],
        headers: [(String, [UInt8])] = [], timestamp: Timestamp? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.payload = payload
        self.headers = headers
        self.timestamp = timestamp
    }

    /// The value of the first header of this name.
    package func header(_ name: String) -> [UInt8]? { headers.first { $0.0 == name }?.1 }
}
