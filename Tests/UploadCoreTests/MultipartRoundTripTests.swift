import MultipartFuzz
import Testing
import UploadCore

/// Random forms, written, cut at random and read back.
@Suite struct MultipartRoundTripTests {
    private static let boundaryCharacters = Array("abcXYZ019'()+_,-./:=?".utf8)

    @Test(arguments: 0..<16)
    func formComesBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let boundary = String(
                decoding: (0..<Int.random(in: 1...70, using: &random)).map { _ in
                    Self.boundaryCharacters.randomElement(using: &random) ?? 0
                }, as: UTF8.self)
            let parts = (0..<Int.random(in: 0...4, using: &random)).map { index in
                ParserTrace.Part(
                    name: "part \(index)", filename: Bool.random(using: &random) ? "f\(index)" : nil,
                    data: data(avoiding: boundary, using: &random))
            }
            let body = Self.body(of: parts, boundary: boundary)
            let cuts = (0..<Int.random(in: 0...6, using: &random))
                .map { _ in Int.random(in: 0...body.count, using: &random) }.sorted()
            let transcript = try ParserTrace(of: body, boundary: boundary, cuts: cuts)
            guard transcript.parts == parts else { return #expect(transcript.parts == parts, "boundary \(boundary)") }
        }
    }

    /// Bytes made of pieces that look like the frame, without a line that starts with the boundary.
    private func data(avoiding boundary: String, using random: inout SeededGenerator) -> [UInt8] {
        let line = Array("--\(boundary)".utf8)
        let pieces: [[UInt8]] = [
            [13], [10], [13, 10], [13, 10] + line.dropLast(), [13] + line, line, [45], [45, 45],
            (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) },
        ]
        while true {
            let data = (0..<Int.random(in: 0...12, using: &random))
                .flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            let framed = [13, 10] + data + [13, 10] + line
            let starts = framed.indices.filter { framed[$0...].starts(with: [13, 10] + line) }
            if starts == [data.count + 2] { return data }
        }
    }

    private static func body(of parts: [ParserTrace.Part], boundary: String) -> [UInt8] {
        var body: [UInt8] = []
        for part in parts {
            let filename = part.filename.map { "; filename=\"\($0)\"" } ?? ""
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(filename)\r\n\r\n".utf8
            body += part.data
            body += "\r\n".utf8
        }
        return body + "--\(boundary)--\r\n".utf8
    }
}
