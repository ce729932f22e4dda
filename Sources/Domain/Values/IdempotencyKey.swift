/// A client's name for one request, under which it may send the request again.
///
/// 1-255 visible ASCII characters and blanks, as the header `Idempotency-Key` can carry them.
package struct IdempotencyKey: Equatable, Sendable {
    package let text: String

    package init(_ text: String) throws(InvalidValue) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw InvalidValue("must be 1 to 255 visible ASCII characters")
        }
        self.text = text
    }
}
