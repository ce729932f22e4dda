extension TokenClaims {
    /// Reads claims that are laid out just as `write(to:)` does, without a JSON parser; nil for any other layout, which
    /// says nothing about their validity.
    init?(canonical json: [UInt8]) {
        var reader = Reader(json)
        guard reader.take("{\"sub\":\""), let subject = reader.plainText(),
            reader.take(",\"jti\":\""), let tokenID = reader.plainText(),
            reader.take(",\"type\":\""), let type = reader.plainText().flatMap(TokenType.init(rawValue:)),
            reader.take(",\"family\":\""), let family = reader.plainText(),
            reader.take(",\"iat\":"), let issuedAt = reader.number(),
            reader.take(",\"exp\":"), let expiresAt = reader.number(),
            reader.take("}"), reader.isAtEnd
        else { return nil }
        self.init(
            subject: subject, tokenID: tokenID, type: type, family: family, issuedAt: issuedAt, expiresAt: expiresAt)
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ text: StaticString) -> Bool {
            text.withUTF8Buffer { text in
                guard bytes[position...].starts(with: text) else { return false }
                position += text.count
                return true
            }
        }

        /// Printable ASCII up to the closing quote, which is consumed; nil when an escape or another byte is met.
        mutating func plainText() -> String? {
            guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            let text = bytes[position..<end]
            guard text.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return nil }
            position = end + 1
            return String(decoding: text, as: UTF8.self)
        }

        /// One to eighteen digits without a leading zero.
        mutating func number() -> Int64? {
            let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
            guard (1...18).contains(digits.count), digits.count == 1 || digits.first != 0x30 else { return nil }
            position = digits.endIndex
            return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
    }
}
