import Base
import Crypto
import Testing

@Suite struct DigestTests {
    /// RFC 1321, appendix A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
        (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
    ])
    func md5IsRFC1321(text: String, digest: String) {
        #expect(Hex.encode(Digest.md5(text.utf8)) == digest)
    }

    /// FIPS 180-4's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func sha256IsFIPS180(text: String, digest: String) {
        #expect(Hex.encode(Digest.sha256(text.utf8)) == digest)
        #expect(Hex.encode(Digest.sha256(Array(text.utf8))) == digest)
    }

    @Test func sha384IsFIPS180() {
        #expect(
            Hex.encode(Digest.sha384("abc".utf8))
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7")
    }

    @Test(arguments: [DigestAlgorithm.md5, .sha256, .sha384])
    func piecesGiveTheSameDigestAsTheWhole(algorithm: DigestAlgorithm) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = IncrementalDigest(algorithm)
        bytes.withUnsafeBytes { whole.update($0) }
        let pieces = IncrementalDigest(algorithm)
        var start = 0
        for length in [0, 1, 63, 64, 65, 127, 0, 680] {
            bytes[start..<start + length].withUnsafeBytes { pieces.update($0) }
            start += length
        }
        let digest = whole.finish()
        #expect(digest.count == algorithm.length)
        #expect(start == 1000)
        #expect(pieces.finish() == digest)
    }

    @Test func nothingHasADigest() {
        #expect(IncrementalDigest(.md5).finish() == Digest.md5([]))
    }

    @Test func equalComparesLengthAndEveryByte() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(ConstantTime.equal(bytes, [1, 2, 3]))
        #expect(ConstantTime.equal([], []))
        #expect(!ConstantTime.equal(bytes, [1, 2]))
        #expect(!ConstantTime.equal(bytes, [1, 2, 3, 0]))
        for index in 0..<3 {
            var other = bytes
            other[index] ^= 0x80
            #expect(!ConstantTime.equal(bytes, other))
        }
    }

    @Test func randomBytesHaveTheLengthAndDiffer() {
        #expect(Random.bytes(0).isEmpty)
        #expect(Random.bytes(33).count == 33)
        #expect(Random.bytes(16) != Random.bytes(16))
    }
}
