import Base
import HTTP
import ObjectStore
import Testing

/// What only S3 has, tried on a running server.
@Suite struct S3ServerTests {
    @Test(arguments: [StoreKind.s3PathStyle, .s3VirtualHost])
    func aPresignedURLFetchesTheObjectUnderItsName(kind: StoreKind) throws {
        let settings = try kind.settings()
        let store = S3Store(settings: settings, pause: { _ in })
        try store.createBucketIfMissing()
        let bytes = patternedBytes(5000)
        try store.put(.memory(bytes, type: "application/pdf"), at: "tenants/t/files/f")
        let disposition = "attachment; filename=\"a b+c&d.pdf\"; filename*=UTF-8''%C3%A4.pdf"
        let url = S3DownloadSigner(settings: settings).url(
            for: SignedDownload(
                key: "tenants/t/files/f", contentType: "application/x-test; v=1", contentDisposition: disposition,
                subject: "t/d", expires: SystemClock().now() + .seconds(60)))
        let response = try HTTPClient().send(HTTPRequest(method: "GET", url: url))
        #expect(response.status == 200)
        #expect(response.body == bytes)
        #expect(response.header("Content-Type") == "application/x-test; v=1")
        #expect(response.header("Content-Disposition") == disposition)
    }

    @Test(arguments: [StoreKind.s3PathStyle, .s3VirtualHost])
    func theBucketIsMadeOnce(kind: StoreKind) throws {
        let store = S3Store(settings: try kind.settings(), pause: { _ in })
        #expect(throws: ObjectStoreError.refused("there is no such bucket")) { try store.check() }
        #expect(throws: ObjectStoreError.refused("PUT 404 NoSuchBucket")) {
            try store.put(.memory([1]), at: "key")
        }
        for _ in 0..<2 { try store.createBucketIfMissing() }
        try store.check()
        try store.put(.memory([1]), at: "key")
        try store.createBucketIfMissing()
        #expect(try store.size(of: "key") == 1)
    }

    @Test func abandonedUploadsAreGivenUp() throws {
        let settings = try StoreKind.s3PathStyle.settings()
        let store = S3Store(settings: settings, pause: { _ in })
        try store.createBucketIfMissing()
        // Begun and left, as by a process that was killed.
        let root = S3DownloadSigner(settings: settings).url(
            for: SignedDownload(
                key: "left", contentType: "a/b", contentDisposition: "inline", subject: "",
                expires: SystemClock().now())
        ).prefix { $0 != "?" }
        let begun = try HTTPClient().send(HTTPRequest(method: "POST", url: root + "?uploads="))
        #expect(begun.status == 200)
        // This server gives every upload a time long ago.
        let now = SystemClock().now()
        let remove = { (prefix: String) in
            try store.removeStaleTemporaries(prefix: prefix, olderThan: .seconds(3600), now: now)
        }
        // Someone else's.
        #expect(try remove("right") == 0)
        #expect(try remove("le") == 1)
        #expect(try remove("le") == 0)
    }

    @Test func uploadsThatMayBeUnderWayAreLeft() throws {
        let server = ScriptedServer { request in
            guard request.method == "GET" else { return .answer(204) }
            let uploads = ["06:59:59", "07:00:00", "08:30:00"].map {
                "<Upload><Key>k</Key><UploadId>\($0.prefix(2))</UploadId><Initiated>2026-11-21T\($0).000Z</Initiated></Upload>"
            }
            let page =
                request.target.contains("marker")
                ? uploads[0]
                : "<IsTruncated>true</IsTruncated><NextKeyMarker>k/</NextKeyMarker>"
                    + "<NextUploadIdMarker>8</NextUploadIdMarker>" + uploads[1...].joined()
            return .answer(200, [], "<ListMultipartUploadsResult>\(page)</ListMultipartUploadsResult>")
        }
        defer { server.stop() }
        let store = S3Store(
            settings: try S3Settings(
                endpoint: server.url, bucket: "bucket", accessKey: "key", secretKey: "secret"))
        let now = Timestamp("2026-11-21T09:00:00Z")!
        #expect(try store.removeStaleTemporaries(prefix: "k", olderThan: .seconds(7200), now: now) == 1)
        #expect(
            server.requests.map(\.target) == [
                "/bucket?prefix=k&uploads=", "/bucket?key-marker=k%2F&prefix=k&upload-id-marker=8&uploads=",
                "/bucket/k?uploadId=06",
            ])
    }

    @Test func pagesOfTheServerAreJoined() throws {
        let answer = { @Sendable (keys: [String], truncated: Bool) in
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>\(truncated)</IsTruncated>"
                + keys.map {
                    "<Contents><Key>\($0)</Key><Size>5</Size><LastModified>2026-11-21T07:00:00.000Z</LastModified></Contents>"
                }.joined() + "</ListBucketResult>"
        }
        let server = ScriptedServer { request in
            request.target.contains("start-after=b")
                ? .answer(200, [], answer(["c"], false)) : .answer(200, [], answer(["a&amp;", "b"], true))
        }
        defer { server.stop() }
        let store = S3Store(
            settings: try S3Settings(
                endpoint: server.url, bucket: "bucket", accessKey: "key", secretKey: "secret"))
        let found = try store.list(prefix: "p/", after: nil, limit: 2000)
        #expect(found.map(\.key) == ["a&", "b", "c"])
        #expect(found.first?.modified == Timestamp("2026-11-21T07:00:00Z"))
        #expect(
            server.requests.map(\.target) == [
                "/bucket?list-type=2&max-keys=1000&prefix=p%2F",
                "/bucket?list-type=2&max-keys=1000&prefix=p%2F&start-after=b",
            ])
    }
}
