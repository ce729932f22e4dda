package import Base
import Crypto
import Glibc
import HTTP

/// An object store in a bucket of Amazon S3 or of a server that speaks its protocol.
///
/// Answers that may pass (5xx, throttling, lost connections) are tried up to three times with short random pauses.
/// Nothing is kept open but connections, so one store serves all threads.
package final class S3Store: ObjectStore {
    private let settings: S3Settings
    private let client: S3Client

    package convenience init(settings: S3Settings, clock: any WallClock = SystemClock()) {
        self.init(settings: settings, clock: clock, pause: { Pause.sleep($0) })
    }

    /// - Parameter pause: blocks for the duration; waits between attempts go through it.
    package init(
        settings: S3Settings, clock: any WallClock = SystemClock(), pause: @escaping @Sendable (Duration) -> Void
    ) {
        self.settings = settings
        client = S3Client(settings: settings, clock: clock, pause: pause)
    }

    /// Small content goes up in one request with Content-MD5 and a signed SHA-256; a file above the threshold goes
    /// up in parts. The server's entity tag, or the size where that tells nothing, is compared before it returns.
    package func put(_ content: ObjectContent, at key: String) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        do throws(ObjectStoreError) {
            switch content.source {
            case .bytes(let bytes):
                guard Int64(bytes.count) == content.size else { throw .corrupted("the content has another size") }
                try putWhole(content, body: .bytes(bytes), at: key)
            case .file(let path):
                try checkFile(path, size: content.size)
                guard content.size > settings.multipartThreshold else {
                    try putWhole(content, body: .file(path: path, offset: 0, length: content.size), at: key)
                    return
                }
                let upload = S3MultipartUpload(
                    client: client, settings: settings, content: content, path: path, key: key)
                if try upload.run() == false { throw discard(key, "POST: the entity tag is another digest") }
                try confirmSize(content.size, of: key)
            }
        } catch .notFound {
            throw .refused("PUT 404")
        }
    }

    package func size(of key: String) throws(ObjectStoreError) -> Int64? {
        try ObjectKey.check(key)
        do throws(ObjectStoreError) {
            let response = try client.send(S3Call(method: "HEAD", key: key))
            guard let size = response.header("Content-Length").flatMap({ Int64($0) }) else {
                throw .unavailable("HEAD without Content-Length")
            }
            return size
        } catch .notFound {
            return nil
        }
    }

    package func remove(_ key: String) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        do throws(ObjectStoreError) {
            _ = try client.send(S3Call(method: "DELETE", key: key))
        } catch .notFound {
            // Some servers say so; it is gone either way.
        }
    }

    package func read(_ key: String, _ sink: (UnsafeRawBufferPointer) -> Bool) throws(ObjectStoreError) {
        try ObjectKey.check(key)
        var stopped = false
        let response = try client.send(S3Call(method: "GET", key: key)) { bytes in
            stopped = !sink(bytes)
            return !stopped
        }
        guard !stopped else { return }
        // Without a length a broken connection would look like the end.
        guard let length = response.header("Content-Length").flatMap({ Int64($0) }), length == response.bodyBytes else {
            throw .unavailable("GET without the length of the object")
        }
    }

    package func list(prefix: String, after: String?, limit: Int) throws(ObjectStoreError) -> [StoredObject] {
        var found: [StoredObject] = []
        var after = after
        while found.count < limit {
            var call = S3Call(method: "GET")
            call.query = [
                ("list-type", "2"), ("max-keys", String(min(1000, limit - found.count))), ("prefix", prefix),
            ]
            if let after { call.query.append(("start-after", after)) }
            guard let page = S3Listing(try client.send(call).body) else {
                throw .unavailable("GET with a malformed listing")
            }
            found += page.objects
            guard page.isTruncated, let last = page.objects.last else { break }
            after = last.key
        }
        return found
    }

    /// Asks for the bucket's head: reaches the server, and proves the credentials and the bucket.
    package func check() throws(ObjectStoreError) {
        do throws(ObjectStoreError) {
            _ = try client.send(S3Call(method: "HEAD"))
        } catch .notFound {
            throw .refused("there is no such bucket")
        }
    }

    /// Makes the bucket unless it is there already. For setting up; needs rights that the service itself does not.
    package func createBucketIfMissing() throws(ObjectStoreError) {
        do throws(ObjectStoreError) {
            _ = try client.send(S3Call(method: "HEAD"))
            return
        } catch .notFound {
            // Made below.
        }
        var call = S3Call(method: "PUT")
        if settings.region != "us-east-1" {
            let body = Array(
                """
                <CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
                <LocationConstraint>\(settings.region)</LocationConstraint></CreateBucketConfiguration>
                """.utf8)
            call.body = .bytes(body)
            call.payloadHash = Hex.encode(Digest.sha256(body))
        }
        do throws(ObjectStoreError) {
            _ = try client.send(call)
        } catch {
            // Another process may have made it in between.
            try check()
        }
    }

    /// Gives up the multipart uploads of keys with the prefix that writers which were killed left behind: those begun
    /// before `now - age`. Their parts are not visible but take space.
    ///
    /// - Returns: how many were given up.
    package func removeStaleTemporaries(
        prefix: String, olderThan age: Duration, now: Timestamp
    ) throws(ObjectStoreError) -> Int {
        try abortUploads(prefix: prefix) { upload in
            upload["Initiated"].flatMap { Timestamp($0.text) }.map { $0 < now - age } ?? false
        }
    }

    /// Gives up all multipart uploads, those under way included, of keys that start with the prefix.
    package func abortUploads(prefix: String) throws(ObjectStoreError) {
        _ = try abortUploads(prefix: prefix) { _ in true }
    }

    /// Lists multipart uploads, page by page, and gives up those wanted; how many.
    ///
    /// Source: docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    private func abortUploads(prefix: String, _ isWanted: (XMLElement) -> Bool) throws(ObjectStoreError) -> Int {
        var removed = 0
        var marker: (key: String, upload: String)?
        while true {
            var query = [("prefix", prefix), ("uploads", "")]
            if let marker { query += [("key-marker", marker.key), ("upload-id-marker", marker.upload)] }
            let answer = try client.send(S3Call(method: "GET", query: query.sorted { $0.0 < $1.0 }))
            guard let root = XMLElement(parsing: answer.body), root.name == "ListMultipartUploadsResult" else {
                throw .unavailable("GET with a malformed listing")
            }
            for upload in root.children where upload.name == "Upload" && isWanted(upload) {
                // Not every server of the protocol knows the prefix.
                guard let key = upload["Key"]?.text, key.hasPrefix(prefix), let id = upload["UploadId"]?.text else {
                    continue
                }
                do throws(ObjectStoreError) {
                    _ = try client.send(S3Call(method: "DELETE", key: key, query: [("uploadId", id)]))
                    removed += 1
                } catch .notFound {
                    // It has ended meanwhile.
                }
            }
            guard root["IsTruncated"]?.text == "true", let key = root["NextKeyMarker"]?.text,
                let upload = root["NextUploadIdMarker"]?.text, marker.map({ $0 != (key, upload) }) ?? true
            else { return removed }
            marker = (key, upload)
        }
    }

    private func putWhole(_ content: ObjectContent, body: HTTPRequest.Body, at key: String) throws(ObjectStoreError) {
        let response = try client.send(
            S3Call(
                method: "PUT", key: key,
                headers: [("Content-Type", content.contentType), ("Content-MD5", Base64.encode(content.md5))],
                body: body, payloadHash: Hex.encode(content.sha256), onlyIfNew: true))
        guard response.status != 412 else { return try confirmEarlier(content, at: key) }
        switch S3ETag(response)?.confirms(md5: content.md5) {
        case .some(true): return
        case .some(false): throw discard(key, "PUT: the entity tag is another digest")
        case nil: try confirmSize(content.size, of: key)
        }
    }

    /// Something is there already: right when it is this content, which an attempt before has stored whose answer was
    /// lost.
    private func confirmEarlier(_ content: ObjectContent, at key: String) throws(ObjectStoreError) {
        let response = try client.send(S3Call(method: "HEAD", key: key))
        let hasSize = response.header("Content-Length").flatMap({ Int64($0) }) == content.size
        let hasDigest: Bool
        if let told = S3ETag(response)?.confirms(md5: content.md5) {
            hasDigest = told
        } else {
            hasDigest = try sha256(of: key) == content.sha256
        }
        guard hasSize, hasDigest else { throw .refused("PUT 412: another object is there") }
    }

    /// The digest of what is stored, read for it.
    private func sha256(of key: String) throws(ObjectStoreError) -> [UInt8] {
        let digest = IncrementalDigest(.sha256)
        try read(key) { bytes in
            digest.update(bytes)
            return true
        }
        return digest.finish()
    }

    private func confirmSize(_ expected: Int64, of key: String) throws(ObjectStoreError) {
        guard let size = try size(of: key) else { throw .unavailable("HEAD 404 after a successful PUT") }
        guard size == expected else { throw discard(key, "HEAD: the object has another size") }
    }

    /// Removes an object that is not what was sent.
    private func discard(_ key: String, _ text: String) -> ObjectStoreError {
        try? remove(key)
        return .corrupted(text)
    }

    private func checkFile(_ path: String, size: Int64) throws(ObjectStoreError) {
        var status = stat()
        guard stat(path, &status) == 0, status.isRegularFile else { throw .unavailable("the file to store is gone") }
        guard Int64(status.st_size) == size else { throw .corrupted("the file has another size") }
    }
}
