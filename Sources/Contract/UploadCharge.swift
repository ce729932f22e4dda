package import Base

/// What one upload took of its user's byte budget before its body was read.
package struct UploadCharge: Equatable, Sendable {
    package let bytes: Int64
    /// Decides the hour whose budget it was.
    package let takenAt: Timestamp

    package init(bytes: Int64, takenAt: Timestamp) {
        self.bytes = bytes
        self.takenAt = takenAt
    }
}
