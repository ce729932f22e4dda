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

    /// The bytes of one whole answer: head and body as standard output, and the end of the request (sections 5.3, 5.5).
    ///
    /// - Parameter refusesNext: for a peer that wants to keep the connection, which will be closed: an empty record of
    ///   standard error stands behind the end. The protocol has no word for this; nginx does not keep a connection that
    ///   has anything behind the end (ngx_http_fastcgi_input_filter), and others see the close.
    static func response(id: UInt16, head: [UInt8], body: [UInt8], refusesNext: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(head.count + body.count + 64 + (body.count / largest) * headerLength)
        // Most answers fit one record.
        if head.count + body.count <= largest {
            appendHeader(standardOutput, id, head.count + body.count, to: &out)
            out += head
            out += body
        } else {
            for part in [head, body] {
                for start in stride(from: 0, to: part.count, by: largest) {
                    let end = min(start + largest, part.count)
                    appendHeader(standardOutput, id, end - start, to: &out)
                    out += part[start..<end]
                }
            }
        }
        appendHeader(standardOutput, id, 0, to: &out)
        appendHeader(endRequest, id, 8, to: &out)
        out += [0, 0, 0, 0, 0, 0, 0, 0]  // appStatus 0, FCGI_REQUEST_COMPLETE
        if refusesNext { appendHeader(standardError, id, 0, to: &out) }
        return out
    }

    /// The most content of one record that is a multiple of eight.
    private static let largest = 0xFFF8

    private static func appendHeader(_ type: UInt8, _ id: UInt16, _ length: Int, to out: inout [UInt8]) {
        out.append(1)
        out.append(type)
        out.append(UInt8(id >> 8))
        out.append(UInt8(id & 0xFF))
        out.append(UInt8(length >> 8))
        out.append(UInt8(length & 0xFF))
        out.append(0)
        out.append(0)
    }

    /// The content in as many records as it takes, and the empty one that ends the stream.
    private static func appendStream(_ type: UInt8, _ content: [UInt8], to out: inout [UInt8]) {
        var start = 0
        while start < content.count {
            let end = min(start + largest, content.count)
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
