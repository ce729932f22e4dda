import Base
import Crypto
import ObjectStore
import Testing

/// Writes that want nothing to be there before, on servers that know them and on servers that do not.
@Suite struct S3ConditionalWriteTests {
    private static let content: [UInt8] = [1, 2, 3]
    private static let tag = "\"\(Hex.encode(Digest.md5(content)))\""
    private static let precondition = "<Error><Code>PreconditionFailed</Code></Error>"

    private func store(_ server: ScriptedServer) throws -> S3Store {
        S3Store(
            settings: try S3Settings(endpoint: server.url, bucket: "bucket", accessKey: "key", secretKey: "secret"),
            pause: { _ in })
    }

    @Test func aStoreIsAskedToWriteOnlyWhatIsNew() throws {
        let server = ScriptedServer { _ in .answer(200, [("ETag", Self.tag)]) }
        defer { server.stop() }
        try store(server).put(.memory(Self.content), at: "key")
        #expect(server.requests.first?.headers["if-none-match"] == "*")
    }

    @Test(arguments: [Self.tag, "\"tells-nothing\""])
    func ourOwnLostWriteIsFoundAndIsDone(tag: String) throws {
        // The first PUT takes effect and its answer is lost.
        let server = ScriptedServer { request in
            switch request.method {
            case "PUT": request.number == 0 ? .close : .answer(412, [], Self.precondition)
            case "HEAD": .answer(200, [("Content-Length", "3"), ("ETag", tag)])
            default: .answer(200, [], String(decoding: Self.content, as: UTF8.self))
            }
        }
        defer { server.stop() }
        try store(server).put(.memory(Self.content), at: "key")
        let methods = server.requests.map(\.method)
        #expect(methods == ["PUT", "PUT", "HEAD"] + (tag == Self.tag ? [] : ["GET"]))
    }

    @Test(arguments: [
        [("Content-Length", "3"), ("ETag", "\"00000000000000000000000000000000\"")],
        [("Content-Length", "4"), ("ETag", Self.tag)], [("Content-Length", "3"), ("ETag", "\"tells-nothing\"")],
    ])
    func anotherObjectIsRefusedAndStays(headers: [(String, String)]) throws {
        let server = ScriptedServer { request in
            switch request.method {
            case "PUT": .answer(412, [], Self.precondition)
            case "HEAD": .answer(200, headers)
            default: .answer(200, [], "abc")
            }
        }
        defer { server.stop() }
        let store = try store(server)
        #expect(throws: ObjectStoreError.refused("PUT 412: another object is there")) {
            try store.put(.memory(Self.content), at: "key")
        }
        #expect(!server.requests.contains { $0.method == "DELETE" })
    }

    @Test(arguments: [(501, "NotImplemented"), (400, "NotImplemented")])
    func aStoreWithoutConditionsIsRememberedAndUsedWithout(status: Int, code: String) throws {
        let server = ScriptedServer { request in
            request.headers["if-none-match"] == nil
                ? .answer(200, [("ETag", Self.tag)]) : .answer(status, [], "<Error><Code>\(code)</Code></Error>")
        }
        defer { server.stop() }
        let store = try store(server)
        for number in 0..<3 { try store.put(.memory(Self.content), at: "key-\(number)") }
        #expect(server.requests.map { $0.headers["if-none-match"] } == ["*", nil, nil, nil])
    }

    @Test func aConflictOfWritersIsTriedAgain() throws {
        let server = ScriptedServer { request in
            request.number == 0
                ? .answer(409, [], "<Error><Code>ConditionalRequestConflict</Code></Error>")
                : .answer(200, [("ETag", Self.tag)])
        }
        defer { server.stop() }
        try store(server).put(.memory(Self.content), at: "key")
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [StoreKind.s3PathStyle, .s3VirtualHost], [3000, 17 << 20])
    func aRunningServerRefusesOtherContentAtAUsedKey(kind: StoreKind, size: Int) throws {
        let fixture = try kind.make()
        let (first, second) = (patternedBytes(size), patternedBytes(size, seed: 2))
        try fixture.store.put(.file(fixture.scratch.file("first", first), first), at: "key")
        let method = size > 16 << 20 ? "POST" : "PUT"
        #expect(throws: ObjectStoreError.refused("\(method) 412: another object is there")) {
            try fixture.store.put(.file(fixture.scratch.file("second", second), second), at: "key")
        }
        #expect(try fixture.bytes(of: "key") == first)
    }
}
