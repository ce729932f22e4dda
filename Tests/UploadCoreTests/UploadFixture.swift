import Base
import Contract
import Crypto
import MediaSniffer
import ObjectStore
import Synchronization
import UploadCore

/// An upload handler with its surroundings: a real spool, sniffer and key, a store in memory, a scripted hand-off.
final class UploadFixture {
    struct FixedClock: WallClock {
        func now() -> Timestamp { Timestamp(seconds: 1_800_000_000) }
    }

    let folder = TemporaryFolder()
    let store = MemoryStore()
    let handOff: ScriptedHandOff
    let lines = Lines()
    let pauses = Pauses()
    let key: SigningKey
    let handler: UploadHandler
    let uploadID = UploadID(high: 1, low: 2)

    let spool: SpoolDirectory
    /// Settles nothing by itself.
    let looseEnds: LooseEnds
    /// What the grants carry.
    var charge: UploadCharge?

    /// - Parameters:
    ///   - spoolBytes: what the spool holds at most.
    ///   - secondsPerRead: how far the clock goes on each time that it is looked at.
    init(
        _ handOff: ScriptedHandOff = ScriptedHandOff(), memoryBytes: Int = 16, caps: UploadCaps = UploadCaps(),
        spoolBytes: Int64 = .max, secondsPerRead: Int = 0
    ) throws {
        self.handOff = handOff
        key = try SigningKey()
        var limits = UploadLimits()
        limits.memoryBytes = memoryBytes
        limits.bufferBytes = 100
        limits.frameBytes = 4096
        let start = ContinuousClock.now
        let reads = Mutex(0)
        spool = try SpoolDirectory(path: folder.path, maxBytes: spoolBytes)
        looseEnds = LooseEnds(spool: spool, handOff: handOff, grantKey: key.verifyingKey)
        handler = UploadHandler(
            grantKey: key.verifyingKey, spool: spool, sniffer: try Sniffer(),
            store: store, handOff: handOff, looseEnds: looseEnds,
            log: Log(component: "test", level: .debug, sink: lines.add),
            limits: limits, caps: caps, backoff: Backoff([.milliseconds(1), .milliseconds(2)]), clock: FixedClock(),
            now: {
                let seconds = reads.withLock { reads in
                    reads += 1
                    return (reads - 1) * secondsPerRead
                }
                return start + .seconds(seconds)
            },
            pause: pauses.add)
    }

    /// A signed grant for one upload.
    func grant(maxBytes: Int64 = 1 << 20, expires: Int64 = 1_800_000_060, key: SigningKey? = nil) -> String {
        UploadGrant(
            uploadID: uploadID, tenantID: TenantID(high: 3, low: 4), userID: UserID(high: 5, low: 6),
            requestID: "request", tokenID: "token", tokenFamily: "family", maxBytes: maxBytes,
            expires: Timestamp(seconds: expires), charge: charge
        ).signed(with: key ?? self.key)
    }

    /// The request that goes with the body.
    func request(_ body: [UInt8], maxBytes: Int64 = 1 << 20) -> UploadRequest {
        UploadRequest(
            method: "POST", grant: grant(maxBytes: maxBytes), requestID: "request",
            contentType: "multipart/form-data; boundary=b", contentLength: String(body.count))
    }

    /// Uploads the body whole.
    func upload(_ body: [UInt8], maxBytes: Int64 = 1 << 20) -> UploadAnswer {
        upload(request(body, maxBytes: maxBytes), BodyBytes(body))
    }

    func upload(_ request: UploadRequest, _ body: BodyBytes) -> UploadAnswer {
        var body = body
        return handler.handle(request, body: &body)
    }

    /// Log lines as text.
    final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        var text: [String] { all.withLock { $0 } }
        var add: @Sendable ([UInt8]) -> Void {
            { line in self.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        }
    }

    /// The pauses that were asked for, none of them made.
    final class Pauses: Sendable {
        private let all = Mutex<[Duration]>([])
        var made: [Duration] { all.withLock { $0 } }
        var add: @Sendable (Duration) -> Void { { pause in self.all.withLock { $0.append(pause) } } }
    }
}

/// A part of a form with boundary `b`.
func part(_ name: String, _ content: String, filename: String? = nil, type: String? = nil) -> String {
    let filename = filename.map { "; filename=\"\($0)\"" } ?? ""
    let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
    return "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\(filename)\r\n\(type)\r\n\(content)\r\n"
}

/// A form with boundary `b`.
func form(_ parts: String...) -> [UInt8] { Array((parts.joined() + "--b--\r\n").utf8) }

extension UploadAnswer {
    /// `error.code` of the envelope.
    var code: String? {
        guard let json = try? JSONValue(parsing: body) else { return nil }
        return json["error"]?["code"]?.string
    }

    subscript(header name: String) -> String? { headers.first { $0.name == name }?.value }
}
