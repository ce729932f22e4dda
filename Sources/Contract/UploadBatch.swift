package import Base

/// One call of the sidecar that can travel with others.
package enum UploadCall: Equatable, Sendable {
    case resolve(ResolveUpload)
    case commit(SettleUpload)
}

/// Several calls in one: what uploads that end at the same time cost in connections, statements and disk flushes, they
/// pay together. Each is answered for itself.
package enum UploadBatch {
    /// Most calls in one.
    package static let maxCalls = 32

    /// What became of one call: status, body and headers of the answer that it would have got alone.
    package struct Reply: Equatable, Sendable {
        package let status: Int
        package let body: [UInt8]
        package let removesObject: Bool
        package let retryAfter: String?

        package init(status: Int, body: [UInt8], removesObject: Bool, retryAfter: String?) {
            self.status = status
            self.body = body
            self.removesObject = removesObject
            self.retryAfter = retryAfter
        }
    }

    /// The calls as JSON: `{"calls":[{"resolve":{…}},{"commit":{…}}]}`.
    package static func request(_ calls: [UploadCall]) -> [UInt8] {
        var json = JSONWriter(capacity: 1024 * calls.count)
        json.object { json in
            json.key("calls")
            json.array(calls) { json, call in
                json.object { json in
                    switch call {
                    case .resolve(let upload): json.member("resolve", upload)
                    case .commit(let upload): json.member("commit", upload)
                    }
                }
            }
        }
        return json.bytes
    }

    /// Reads what `request` made; nil when it is malformed or too many.
    package static func calls(_ json: JSONValue) -> [UploadCall]? {
        guard case .array(let items)? = json["calls"], items.count <= maxCalls else { return nil }
        var calls: [UploadCall] = []
        for item in items {
            if let upload = item["resolve"].flatMap(ResolveUpload.init) {
                calls.append(.resolve(upload))
            } else if let upload = item["commit"].flatMap(SettleUpload.init) {
                calls.append(.commit(upload))
            } else {
                return nil
            }
        }
        return calls
    }

    /// The replies, in the calls' order: a line of JSON with what stands before each body and its length, then the
    /// bodies one after the other, unchanged.
    package static func answer(_ replies: [Reply]) -> [UInt8] {
        var json = JSONWriter(capacity: 64 * replies.count)
        json.object { json in
            json.key("replies")
            json.array(replies) { json, reply in
                json.object { json in
                    json.member("status", Int64(reply.status))
                    json.member("length", Int64(reply.body.count))
                    if reply.removesObject { json.member("remove", true) }
                    if let seconds = reply.retryAfter { json.member("retry_after", seconds) }
                }
            }
        }
        var bytes = json.bytes
        bytes.append(UInt8(ascii: "\n"))
        for reply in replies { bytes += reply.body }
        return bytes
    }

    /// Reads what `answer` made; nil when it is malformed.
    package static func replies(_ bytes: [UInt8]) -> [Reply]? {
        guard let newline = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let head = try? JSONValue(parsing: Array(bytes[..<newline])), case .array(let items)? = head["replies"]
        else { return nil }
        var replies: [Reply] = []
        var position = newline + 1
        for item in items {
            guard let status = item["status"]?.integer, let length = item["length"]?.integer, length >= 0,
                length <= Int64(bytes.count - position)
            else { return nil }
            replies.append(
                Reply(
                    status: Int(status), body: Array(bytes[position..<position + Int(length)]),
                    removesObject: item["remove"] == .bool(true), retryAfter: item["retry_after"]?.string))
            position += Int(length)
        }
        return position == bytes.count ? replies : nil
    }
}
