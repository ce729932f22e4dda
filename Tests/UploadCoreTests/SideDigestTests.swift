import Crypto
import Testing

@testable import UploadCore

@Suite struct SideDigestTests {
    @Test(arguments: [0, 1, 2]) func piecesOfAnySizeGiveTheWholesDigest(_ lanes: Int) {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let lanes = HashLanes(count: lanes)
        let digest = SideDigest(lanes: lanes)
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for size in [1, 40_000, 100_000, 7, 32_768, 500_000, 60_000, 300_000] {
                let end = min(bytes.count, start + size)
                digest.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
            digest.settle()
            #expect(start == bytes.count)
        }
        #expect(digest.finish() == Digest.md5(bytes))
    }
}
