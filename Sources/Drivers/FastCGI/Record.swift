/// Records of FastCGI 1.0 (section 3.3), as a web server writes and reads them.
enum Record {
    static let beginRequest: UInt8 = 1
    static let endRequest: UInt8 = 3
    static let params: UInt8 = 4
    static let standardInput: UInt8 = 5
    static let standardOutput: UInt8 = 6
    static let standardError: UInt8 = 7
    static let headerLength = 8
    /// A connection carries one request here, so one id serves all.
    static let requestID: UInt8 = 1

    /// The bytes of one whole request in the responder role, connection not kept (sections 5.1 to 5.3, 6.2).
    static func request(parameters: [(String, String)], body: [UInt8]) -> [UInt8] {
        var pairs: [UInt8] = []
        for (name, value) in parameters {
            appendLength(name.utf8.count, to: &pairs)
            appendLength(value.utf8.count, to: &pairs)
            pairs += name.utf8
            pairs += value.utf8
        }
        var out: [UInt8] = []
        out.reserveCapacity(pairs.count + body.count + 128)
        append(beginRequest, [0, 1, 0, 0, 0, 0, 0, 0][...], to: &out)
        appendStream(params, pairs, to: &out)
        appendStream(standardInput, body, to: &out)
        return out
    }

    /// The content in as many records as it takes, and the empty one that ends the stream.
    private static func appendStream(_ type: UInt8, _ content: [UInt8], to out: inout [UInt8]) {
        var start = 0
        while start < content.count {
            let end = min(start + 0xFFF8, content.count)
            append(type, content[start..<end], to: &out)
            start = end
        }
        append(type, [], to: &out)
    }

    private static func append(_ type: UInt8, _ content: ArraySlice<UInt8>, to out: inout [UInt8]) {
        let padding = (8 - content.count % 8) % 8
        out += [1, type, 0, requestID, UInt8(content.count >> 8), UInt8(content.count & 0xFF), UInt8(padding), 0]
        out += content
        out += repeatElement(0, count: padding)
    }

    /// A name's or value's length: one byte up to 127, else four with the top bit set (section 3.4).
    private static func appendLength(_ length: Int, to out: inout [UInt8]) {
        if length < 128 {
            out.append(UInt8(length))
        } else {
            out += [
                UInt8(length >> 24 & 0x7F) | 0x80, UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF),
                UInt8(length & 0xFF),
            ]
        }
    }
}
