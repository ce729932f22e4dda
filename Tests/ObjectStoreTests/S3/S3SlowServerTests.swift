import Base
import Crypto
import HTTP
import ObjectStore
import Testing

/// Servers that take or give bytes too slowly to wait for.
@Suite struct S3SlowServerTests {
    private static let content: [UInt8] = [1, 2, 3]

    private func store(_ server: ScriptedServer) throws -> S3Store {
        S3Store(
            settings: try S3Settings(
                endpoint: server.url, bucket: "bucket", accessKey: "key", secretKey: "secret",
                timeouts: HTTPTimeouts(stall: .seconds(1))),
            pause: { _ in })
    }

    @Test func aServerThatFallsSilentIsLeftAndAskedAgain() throws {
        let server = ScriptedServer { request in
            request.number == 0 ? .silence : .answer(200, [("ETag", "\"\(Hex.encode(Digest.md5(Self.content)))\"")])
        }
        defer { server.stop() }
        try store(server).put(.memory(Self.content), at: "key")
        #expect(server.requests.count == 2)
    }

    @Test func aServerThatTricklesIsCutOffAndNoEnd() throws {
        let server = ScriptedServer { _ in .trickle(500) }
        defer { server.stop() }
        let store = try store(server)
        var bytes = 0
        #expect(throws: ObjectStoreError.self) {
            try store.read("key") { chunk in
                bytes += chunk.count
                return true
            }
        }
        #expect(bytes < 500)
        #expect(server.requests.count == 1, "what was begun to be delivered is not read twice")
    }

    @Test func aServerThatTakesNothingIsGivenUp() throws {
        let server = ScriptedServer { _ in .silence }
        defer { server.stop() }
        let store = try store(server)
        let problem = failure { () throws(ObjectStoreError) in try store.put(.memory(Self.content), at: "key") }
        #expect(problem?.unavailability?.hasPrefix("PUT: ") == true)
        #expect(server.requests.count == 3)
    }
}
