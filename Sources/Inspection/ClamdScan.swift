import Glibc

/// One scan over one connection to clamd: its command INSTREAM, chunks with their length before them, and one answer.
final class ClamdScan {
    enum Answer: Equatable {
        case clean
        case infected(threat: String)
        case tooLarge
        /// The scanner's own words for what it could not do.
        case failed(String)
        /// The connection broke, or its time was over.
        case none
    }

    private let connection: Int32
    private let deadline: ContinuousClock.Instant

    /// Nil when clamd cannot be reached.
    init?(_ address: ClamdAddress, deadline: ContinuousClock.Instant) {
        guard let connection = address.connect(timeout: .seconds(5)) else { return nil }
        self.connection = connection
        self.deadline = deadline
        // With a z before and a NUL behind, the answer ends with NUL too.
        guard send(Array("zINSTREAM\0".utf8)) else { return nil }
    }

    deinit { close(connection) }

    /// False when the scanner takes no more, of which the answer tells why.
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard !bytes.isEmpty else { return true }
        return send(Self.length(bytes.count)) && sendAll(bytes)
    }

    /// Ends the stream and waits for what the scanner says.
    func finish() -> Answer {
        // When it has said so already, there is nobody to take this.
        _ = send(Self.length(0))
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while ContinuousClock.now < deadline {
            let count = recv(connection, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return Self.answer(text) }
            text += chunk.prefix(count)
            if text.contains(0) { return Self.answer(text) }
            guard text.count < 4096 else { return .none }
        }
        return .none
    }

    /// - Parameter text: such as `stream: OK` or `stream: Eicar-Signature FOUND`, up to a NUL.
    static func answer(_ text: [UInt8]) -> Answer {
        guard let end = text.firstIndex(of: 0) else { return .none }
        let words = String(decoding: text[..<end], as: UTF8.self)
        let said = words.hasPrefix("stream: ") ? words.dropFirst(8) : words[...]
        if said == "OK" { return .clean }
        if said.hasSuffix(" FOUND") { return .infected(threat: String(said.dropLast(6).prefix(255))) }
        return said.hasPrefix("INSTREAM size limit exceeded") ? .tooLarge : .failed(String(said.prefix(200)))
    }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count).bigEndian) { Array($0) }
    }

    private func send(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { sendAll($0) } }

    private func sendAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty, ContinuousClock.now < deadline {
            let count = Glibc.send(connection, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return rest.isEmpty
    }
}
