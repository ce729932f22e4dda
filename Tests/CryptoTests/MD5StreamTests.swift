import Crypto
import Testing

@Suite struct MD5StreamTests {
    private static func content(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 13) }
    }

    /// So many streams, of different lengths and not all at a block's edge, get pieces of different sizes in step.
    @Test(arguments: 1...18) func streamsInStepGiveTheSameAsAlone(_ count: Int) {
        let contents = (0..<count).map { Self.content(5000 + $0 * 777, $0) }
        let streams = contents.map { _ in MD5Stream() }
        var positions = [Int](repeating: 0, count: count)
        for round in 0..<40 {
            var pieces: [MD5Stream.Piece] = []
            var copies: [UnsafeMutableRawBufferPointer] = []
            defer { for copy in copies { copy.deallocate() } }
            for index in contents.indices {
                let size = (round * 131 + index * 67) % 700
                let part = contents[index].dropFirst(positions[index]).prefix(size)
                positions[index] += part.count
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: part.count, alignment: 1)
                copy.copyBytes(from: part)
                copies.append(copy)
                pieces.append(MD5Stream.Piece(of: streams[index], UnsafeRawBufferPointer(copy)))
            }
            MD5Stream.update(pieces)
        }
        for (index, stream) in streams.enumerated() {
            #expect(stream.finish() == Digest.md5(contents[index].prefix(positions[index])))
        }
    }

    /// The length is counted in bits and does not fit 32 of them.
    @Test func halfAGigabyteIsPassedInStep() {
        let chunk = Self.content(1 << 20, 5)
        let streams = (0..<3).map { _ in MD5Stream() }
        let whole = IncrementalDigest(.md5)
        chunk.withUnsafeBytes { bytes in
            for number in 0..<513 {
                whole.update(bytes)
                if number < 511 {
                    for stream in streams { stream.update(bytes) }
                } else {
                    MD5Stream.update(streams.map { MD5Stream.Piece(of: $0, bytes) })
                }
            }
        }
        let expected = whole.finish()
        for stream in streams { #expect(stream.finish() == expected) }
    }
}
