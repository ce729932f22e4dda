import Base
import Contract
import Testing

@Suite struct UploadHandOffTests {
    private func roundTrip(_ value: some JSONWritable) throws -> JSONValue { try JSONValue(parsing: value.jsonBytes) }

    private func resolve(partType: String?, filename: String?) -> ResolveUpload {
        ResolveUpload(
            grant: "a.b", md5: "d41d8cd98f00b204e9800998ecf8427e", sha256: String(repeating: "0", count: 64),
            size: 1 << 40, sniffedType: "application/pdf", partType: partType,
            partFilename: "r\u{E9}sum\u{E9} \"1\".pdf",
            filenameField: filename, mimeTypeField: nil)
    }

    @Test func resolveKeepsEveryMember() throws {
        for value in [resolve(partType: "text/plain", filename: "x\ny"), resolve(partType: nil, filename: nil)] {
            #expect(ResolveUpload(try roundTrip(value)) == value)
        }
    }

    @Test(arguments: ["grant", "md5", "sha256", "size", "sniffed_type"])
    func resolveWithoutAMemberIsRefused(name: String) throws {
        var members = try #require(try roundTrip(resolve(partType: nil, filename: nil)).object)
        members[name] = nil
        #expect(ResolveUpload(.object(members)) == nil)
        members[name] = .bool(true)
        #expect(ResolveUpload(.object(members)) == nil)
    }

    @Test func targetAndSettleKeepEveryMember() throws {
        let target = UploadTarget(key: "tenants/a/files/2026/11/b_c", contentType: "text/plain; charset=utf-8")
        #expect(UploadTarget(try roundTrip(target)) == target)
        #expect(UploadTarget(.object(["key": .string("k")])) == nil)
        let settle = SettleUpload(grant: "a.b")
        #expect(SettleUpload(try roundTrip(settle)) == settle)
        #expect(SettleUpload(.object([:])) == nil)
        #expect(SettleUpload(.array([])) == nil)
    }
}
