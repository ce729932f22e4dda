import Base
import Crypto
import Testing
import UploadCore

/// Digests that the client sends of its file, wherever it puts them.
@Suite struct ClientDigestTests {
    private static let content = "Hello, digest!"
    private static let sha256 = Digest.sha256(Array(content.utf8))
    private static let md5 = Digest.md5(Array(content.utf8))
    private static let otherSHA256 = Digest.sha256(Array("something else".utf8))
    private static let otherMD5 = Digest.md5(Array("something else".utf8))

    private func filePart(_ header: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\(header)\r\n\r\n\(Self.content)\r\n"
    }

    private static let goodHeaders = [
        "Content-MD5: \(Base64.encode(md5))",
        "content-md5:  \(Base64.encode(md5))  ",
        "Digest: SHA-256=\(Base64.encode(sha256))",
        "Digest: sha-256=\(Base64.encode(sha256)), MD5=\(Base64.encode(md5)),unixsum=30637",
        "Repr-Digest: sha-256=:\(Base64.encode(sha256)):",
        "Content-Digest: sha-512=:YQ==:, sha-256=:\(Base64.encode(sha256)):;q=1,md5=:\(Base64.encode(md5)):",
        "Content-Digest: sha-512=:YQ==:",
    ]

    private static let wrongHeaders = [
        "Content-MD5: \(Base64.encode(otherMD5))",
        "Digest: sha-256=\(Base64.encode(otherSHA256))",
        "Digest: sha-256=\(Base64.encode(sha256)),md5=\(Base64.encode(otherMD5))",
        "Repr-Digest: sha-256=:\(Base64.encode(otherSHA256)):",
        "Content-Digest: sha-256=:\(Base64.encode(sha256)):, sha-256=:\(Base64.encode(otherSHA256)):",
        "Content-MD5: \(Base64.encode(md5))\r\nContent-MD5: \(Base64.encode(otherMD5))",
        "Content-MD5: \(Base64.encode(otherMD5))\r\nRepr-Digest: sha-256=:\(Base64.encode(sha256)):",
    ]

    private static let malformedHeaders = [
        "Content-MD5: ", "Content-MD5: x", "Content-MD5: \(Hex.encode(md5))", "Content-MD5: \(Base64.encode(sha256))",
        "Digest: ", "Digest: sha-256", "Digest: sha-256=", "Digest: sha-256=:\(Base64.encode(sha256)):",
        "Digest: sha-256=\(Base64.encode(md5))", "Digest: =\(Base64.encode(sha256))",
        "Digest: sha-256=\(Base64.encode(sha256)),",
        "Repr-Digest: sha-256=\(Base64.encode(sha256))", "Repr-Digest: sha-256=:\(Base64.encode(sha256))",
        "Repr-Digest: sha-256=:\(Base64.encode(sha256)):x", "Content-Digest: md5=:\(Base64.encode(sha256)):",
    ]

    @Test(arguments: goodHeaders) func aMatchingPartHeaderPasses(_ header: String) throws {
        let fixture = try UploadFixture()
        #expect(fixture.upload(form(filePart(header))).status == 201)
    }

    @Test(arguments: wrongHeaders) func anotherDigestIsAMismatch(_ header: String) throws {
        try expectRefusal(form(filePart(header)), code: "DIGEST_MISMATCH")
    }

    @Test(arguments: malformedHeaders) func aMalformedHeaderIsInvalid(_ header: String) throws {
        let fixture = try expectRefusal(form(filePart(header)), code: "VALIDATION_ERROR")
        #expect(fixture.lines.text.joined().contains("digest.malformed"))
    }

    @Test func theFieldCountsBeforeAndBehindTheFile() throws {
        let file = part("file", Self.content)
        for digest in [Hex.encode(Self.sha256), Hex.encode(Self.sha256).uppercased()] {
            let field = part("sha256", digest)
            #expect(try UploadFixture().upload(form(field, file)).status == 201)
            #expect(try UploadFixture().upload(form(file, field)).status == 201)
        }
        let wrong = part("sha256", Hex.encode(Self.otherSHA256))
        try expectRefusal(form(wrong, file), code: "DIGEST_MISMATCH")
        try expectRefusal(form(file, wrong), code: "DIGEST_MISMATCH")
        let right = part("sha256", Hex.encode(Self.sha256))
        try expectRefusal(form(right, file, right), code: "BAD_REQUEST")
    }

    @Test(arguments: ["", "x", "abcd", "\(Hex.encode(sha256))00", Base64.encode(sha256), " \(Hex.encode(sha256))"])
    func aMalformedFieldIsInvalid(_ text: String) throws {
        try expectRefusal(form(part("sha256", text), part("file", Self.content)), code: "VALIDATION_ERROR")
        try expectRefusal(form(part("file", Self.content), part("sha256", text)), code: "VALIDATION_ERROR")
    }

    @Test func theRequestsOwnHeadersSpeakOfTheFile() throws {
        let body = form(part("file", Self.content))
        let cases: [(String, String, String?)] = [
            ("digest", "sha-256=\(Base64.encode(Self.sha256))", nil),
            ("repr-digest", "sha-256=:\(Base64.encode(Self.sha256)):", nil),
            ("repr-digest", "sha-256=:\(Base64.encode(Self.otherSHA256)):", "DIGEST_MISMATCH"),
            ("digest", "md5=\(Base64.encode(Self.otherMD5))", "DIGEST_MISMATCH"),
            ("digest", "md5", "VALIDATION_ERROR"),
            // Of the whole body, not of the file.
            ("content-md5", Base64.encode(Self.otherMD5), nil),
            ("content-digest", "sha-256=:\(Base64.encode(Self.otherSHA256)):", nil),
        ]
        for (name, value, code) in cases {
            let fixture = try UploadFixture()
            var request = fixture.request(body)
            request.digestHeaders = [name: value]
            #expect(fixture.upload(request, BodyBytes(body)).code == code, "\(name): \(value)")
        }
    }

    @Test func aMalformedRequestHeaderIsRefusedBeforeTheBodyIsRead() throws {
        let fixture = try UploadFixture()
        let body = form(part("file", Self.content))
        var request = fixture.request(body)
        request.digestHeaders = ["digest": "md5"]
        var reader = BodyBytes(body)
        #expect(fixture.handler.handle(request, body: &reader).status == 422)
        #expect(reader.unread == body.count)
    }

    @discardableResult
    private func expectRefusal(_ body: [UInt8], code: String) throws -> UploadFixture {
        let fixture = try UploadFixture()
        #expect(fixture.upload(body).code == code)
        #expect(fixture.handOff.resolved.isEmpty)
        #expect(fixture.store.with { $0.puts } == 0)
        #expect(fixture.folder.files == [])
        return fixture
    }
}
