import Base
import Crypto
import Glibc
import HTTP

/// Sends one large file in parts, several at once, and joins them; gives the upload up when anything fails.
///
/// The file is read in place at the parts' offsets: memory does not grow with its size.
final class S3MultipartUpload: Sendable {
    /// S3's limit of parts in one upload.
    private static let maxParts: Int64 = 10_000

    private struct Part {
        let md5: [UInt8]
        /// As the server gave it.
        let tag: String
    }

    private struct State {
        var next = 0
        var parts: [Part?]
        var failure: ObjectStoreError?
    }

    private let client: S3Client
    private let parallelParts: Int
    private let content: ObjectContent
    private let path: String
    private let key: String
    private let partSize: Int64
    private let partCount: Int
    private let state: Condition<State>

    init(client: S3Client, settings: S3Settings, content: ObjectContent, path: String, key: String) {
        self.client = client
        self.parallelParts = settings.parallelParts
        self.content = content
        self.path = path
        self.key = key
        partSize = max(settings.partSize, (content.size + Self.maxParts - 1) / Self.maxParts)
        partCount = Int((content.size + partSize - 1) / partSize)
        state = Condition(State(parts: Array(repeating: nil, count: partCount)))
    }

    /// Blocks until the object is there or the upload was given up.
    ///
    /// - Returns: whether its entity tag is the one of these parts; nil when the tag does not tell.
    /// - Throws: also `.refused` when there is another object at the key already.
    func run() throws(ObjectStoreError) -> Bool? {
        let id = try begin()
        do throws(ObjectStoreError) {
            return try complete(id, try sendParts(id))
        } catch {
            // What cannot be given up now is found later by `removeStaleTemporaries`.
            _ = try? client.send(S3Call(method: "DELETE", key: key, query: [("uploadId", id)]))
            throw error
        }
    }

    private func begin() throws(ObjectStoreError) -> String {
        let answer = try client.send(
            S3Call(
                method: "POST", key: key, query: [("uploads", "")],
                headers: [("Content-Type", content.contentType)], distrustsSuccess: true))
        guard let id = XMLElement(parsing: answer.body)?["UploadId"]?.text, !id.isEmpty else {
            throw .unavailable("POST without an upload's id")
        }
        return id
    }

    private func sendParts(_ id: String) throws(ObjectStoreError) -> [Part] {
        let threads = (0..<min(parallelParts, partCount)).map { _ in
            WorkerThread(name: "s3-part") { [self] in
                while let number = claimPart() {
                    settle(number, Result { () throws(ObjectStoreError) in try send(number, id) })
                }
            }
        }
        // The parts are checked each by its own digest; this ties them to the digest that the caller knows.
        let whole = Result { () throws(ObjectStoreError) in
            try hash([IncrementalDigest(.sha256)], from: 0, length: content.size)[0]
        }
        for thread in threads { thread.join() }
        let (parts, failure) = state.withLock { ($0.parts.compactMap { $0 }, $0.failure) }
        if let failure { throw failure }
        guard try whole.get() == content.sha256 else { throw .corrupted("the file has another digest") }
        return parts
    }

    private func claimPart() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < partCount else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func settle(_ number: Int, _ result: Result<Part, ObjectStoreError>) {
        state.withLock { state in
            switch result {
            case .success(let part): state.parts[number] = part
            case .failure(let error): state.failure = state.failure ?? error
            }
        }
    }

    /// - Parameter number: from 0 on.
    private func send(_ number: Int, _ id: String) throws(ObjectStoreError) -> Part {
        let offset = Int64(number) * partSize
        let length = min(partSize, content.size - offset)
        let digests = try hash([IncrementalDigest(.md5), IncrementalDigest(.sha256)], from: offset, length: length)
        let md5 = digests[0]
        let answer = try client.send(
            S3Call(
                method: "PUT", key: key, query: [("partNumber", String(number + 1)), ("uploadId", id)],
                headers: [("Content-MD5", Base64.encode(md5))],
                body: .file(path: path, offset: offset, length: length), payloadHash: Hex.encode(digests[1])))
        guard let tag = S3ETag(answer) else { throw .unavailable("PUT of a part without an entity tag") }
        if tag.confirms(md5: md5) == false { throw .corrupted("PUT: the part's entity tag is another digest") }
        return Part(md5: md5, tag: tag.text)
    }

    private func complete(_ id: String, _ parts: [Part]) throws(ObjectStoreError) -> Bool? {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for (index, part) in parts.enumerated() {
            text += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>&quot;\(part.tag)&quot;</ETag></Part>"
        }
        let body = Array((text + "</CompleteMultipartUpload>").utf8)
        let call = S3Call(
            method: "POST", key: key, query: [("uploadId", id)], headers: [("Content-Type", "application/xml")],
            body: .bytes(body), payloadHash: Hex.encode(Digest.sha256(body)),
            // Joining many parts takes minutes, during which nothing but blanks may come.
            timeouts: HTTPTimeouts(stall: .seconds(180)), onlyIfNew: true,
            distrustsSuccess: true)
        let partsMD5 = Digest.md5(parts.flatMap(\.md5))
        do throws(ObjectStoreError) {
            let answer = try client.send(call)
            // Something is there: the object of an attempt before, whose answer was lost, or another one.
            guard answer.status != 412 else { return try confirmEarlier(id, partsMD5) }
            let tag = XMLElement(parsing: answer.body)?["ETag"].map { S3ETag($0.text, of: answer) }
            return tag?.confirms(partsMD5: partsMD5, count: partCount)
        } catch .notFound {
            // No such upload: an attempt before, whose answer was lost, has completed it. Or the bucket's caretaker
            // has removed it; then what is there, if anything, is older and has another tag.
            let tag = S3ETag(try client.send(S3Call(method: "HEAD", key: key)))
            guard tag?.confirms(partsMD5: partsMD5, count: partCount) == true else {
                throw .unavailable("POST 404 on completing")
            }
            return true
        }
    }

    private func confirmEarlier(_ id: String, _ partsMD5: [UInt8]) throws(ObjectStoreError) -> Bool {
        let tag = S3ETag(try client.send(S3Call(method: "HEAD", key: key)))
        guard tag?.confirms(partsMD5: partsMD5, count: partCount) == true else {
            throw .refused("POST 412: another object is there")
        }
        // The parts are of no use any more where the server still has them.
        _ = try? client.send(S3Call(method: "DELETE", key: key, query: [("uploadId", id)]))
        return true
    }

    private func hash(
        _ digests: [IncrementalDigest], from offset: Int64, length: Int64
    ) throws(ObjectStoreError) -> [[UInt8]] {
        let file = try OpenFile(path, O_RDONLY)
        let count = try file.read(from: offset, length: length) { bytes throws(ObjectStoreError) in
            for digest in digests { digest.update(bytes) }
            return true
        }
        guard count == length else { throw .corrupted("the file became shorter") }
        return digests.map { $0.finish() }
    }
}
