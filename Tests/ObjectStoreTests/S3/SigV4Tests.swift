import Base
import Crypto
import ObjectStore
import Testing

/// Amazon's published examples.
@Suite struct SigV4Tests {
    /// "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk", S3 API reference.
    @Suite struct S3Examples {
        private static let host = "examplebucket.s3.amazonaws.com"
        private let signer = SigV4(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1")
        private let time = Timestamp("2013-05-24T00:00:00Z")!

        @Test func getObjectWithRange() {
            let added = signer.headers(
                method: "GET", path: "/test.txt", query: [],
                headers: [
                    ("Host", Self.host), ("Range", "bytes=0-9"), ("x-amz-content-sha256", SigV4.emptyPayload),
                ], payloadHash: SigV4.emptyPayload, at: time)
            #expect(added.map(\.name) == ["x-amz-date", "Authorization"])
            #expect(added[0].value == "20130524T000000Z")
            #expect(
                added[1].value
                    == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                    + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        }

        @Test func putObject() {
            let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
            #expect(Hex.encode(Digest.sha256(Array("Welcome to Amazon S3.".utf8))) == hash)
            let signature = signature(
                "PUT", "/" + PercentEncoding.encode("test$file.text"), [],
                [
                    ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ], hash)
            #expect(signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        }

        @Test func getBucketLifecycle() {
            #expect(
                signature("GET", "/", [("lifecycle", "")])
                    == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        }

        @Test func listObjects() {
            #expect(
                signature("GET", "/", [("prefix", "J"), ("max-keys", "2")])
                    == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
        }

        /// "Authenticating Requests: Using Query Parameters".
        @Test func presignedGet() {
            let query = signer.presignedQuery(
                method: "GET", host: Self.host, path: "/test.txt", query: [], lifetimeSeconds: 86400, at: time)
            #expect(
                query
                    == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                    + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                    + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                    + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        }

        private func signature(
            _ method: String, _ path: String, _ query: [(String, String)],
            _ headers: [(name: String, value: String)] = [], _ hash: String = SigV4.emptyPayload
        ) -> Substring? {
            signer.headers(
                method: method, path: path, query: query,
                headers: headers + [("Host", Self.host), ("x-amz-content-sha256", hash)], payloadHash: hash, at: time
            ).last?.value.suffix(64)
        }
    }

    /// The general test suite of Signature Version 4 (aws-sig-v4-test-suite), by its names.
    @Suite struct GeneralSuite {
        private static let emptyHash = SigV4.emptyPayload
        private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        private static let host = [(name: "Host", value: "example.amazonaws.com")]
        private let signer = SigV4(
            accessKey: "AKIDEXAMPLE", secretKey: secret, region: "us-east-1", service: "service")

        @Test func getVanilla() {
            #expect(signature("GET") == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        }

        @Test func postVanilla() {
            #expect(signature("POST") == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
        }

        @Test func getVanillaQueryOrderKeyCase() {
            #expect(
                signature("GET", query: [("Param2", "value2"), ("Param1", "value1")])
                    == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
        }

        @Test func getVanillaUTF8Query() {
            #expect(
                signature("GET", query: [("ሴ", "bar")])
                    == "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04")
        }

        @Test func getVanillaQueryOrderEncoded() {
            #expect(
                signature("GET", query: [("Param-3", "Value3"), ("Param", "Value2"), ("ሴ", "Value1")])
                    == "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac")
        }

        @Test func getUnreserved() {
            #expect(
                signature("GET", path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
                    == "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")
        }

        @Test func getUTF8() {
            #expect(
                signature("GET", path: "/" + PercentEncoding.encode("ሴ"))
                    == "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")
        }

        @Test func getHeaderValueTrim() {
            #expect(
                signature("GET", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")])
                    == "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")
        }

        @Test func postFormURLEncoded() {
            let hash = Hex.encode(Digest.sha256(Array("Param1=value1".utf8)))
            #expect(
                signature("POST", headers: [("Content-Type", "application/x-www-form-urlencoded")], hash: hash)
                    == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
        }

        @Test func postSTSHeaderBefore() {
            let token =
                "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTf"
                + "lfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU"
                + "9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9K"
                + "SYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
            let signer = SigV4(
                accessKey: "AKIDEXAMPLE", secretKey: Self.secret, sessionToken: token, region: "us-east-1",
                service: "service")
            let added = signer.headers(
                method: "POST", path: "/", query: [], headers: Self.host, payloadHash: Self.emptyHash,
                at: Timestamp("2015-08-30T12:36:00Z")!)
            #expect(added.map(\.name) == ["x-amz-date", "x-amz-security-token", "Authorization"])
            #expect(added[1].value == token)
            #expect(
                added[2].value.suffix(64) == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")
        }

        private func signature(
            _ method: String, path: String = "/", query: [(String, String)] = [],
            headers: [(name: String, value: String)] = [], hash: String = emptyHash
        ) -> Substring? {
            signer.headers(
                method: method, path: path, query: query, headers: headers + Self.host, payloadHash: hash,
                at: Timestamp("2015-08-30T12:36:00Z")!
            ).last?.value.suffix(64)
        }
    }
}
