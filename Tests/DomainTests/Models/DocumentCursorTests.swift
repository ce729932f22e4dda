import Base
import Contract
import Domain
import Testing

@Suite struct DocumentCursorTests {
    private let time = Timestamp(microseconds: 1_800_000_000_123_456)

    private func document(_ name: String) -> Document {
        let user = UserID.random()
        let file = StoredFile(
            id: .random(), md5: "", sha256: "", key: "", size: 1, sniffedType: MediaType(stored: "text/plain"),
            createdAt: time)
        return Document(
            id: .random(), filename: Filename(stored: name), mediaType: file.sniffedType, file: file, userID: user,
            createdAt: time, updatedAt: time, createdBy: user)
    }

    private func text(_ json: String) -> String { Base64.encodeURLSafe(Array(json.utf8)) }

    @Test(arguments: DocumentSort.allCases)
    func survivesItsRoundTrip(_ sort: DocumentSort) throws {
        let document = document("Ünï \"code\" 😀.txt")
        let cursor = DocumentCursor(after: document, in: sort)
        #expect(try DocumentCursor(validating: cursor.text) == cursor)
        #expect(cursor.sort == sort && cursor.id == document.id)
    }

    @Test func holdsTimeOrName() {
        #expect(DocumentCursor(after: document("b.txt"), in: .newestFirst).value == "2027-01-15T08:00:00.123456Z")
        #expect(DocumentCursor(after: document("B.txt"), in: .byName).value == "B.txt")
    }

    @Test func isSafeInAQueryString() {
        let text = DocumentCursor(after: document("ÿÿÿ>>>???"), in: .byName).text
        #expect(text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "z") ~= $0 || $0 == UInt8(ascii: "-") })
    }

    @Test func tamperedTextIsRefused() {
        let id = DocumentID.random()
        let wrong = [
            "", "x", "!!!!", text("[]"), text("{}"), text("null"), text("[\"created_at\",\"2027-01-15T08:00:00Z\"]"),
            text("[\"created_at\",\"2027-01-15T08:00:00Z\",\"\(id)\",1]"), text("[\"size\",\"1\",\"\(id)\"]"),
            text("[\"created_at\",\"yesterday\",\"\(id)\"]"), text("[\"filename\",1,\"\(id)\"]"),
            text("[\"filename\",\"a\",\"x\"]"), text("[\"filename\",\"a\",\"\(id)\"") + "=",
            text("[\"created_at\",\"2027-01-15'; DROP TABLE documents; --\",\"\(id)\"]"),
            text("[\"filename\",\"a\\u0000b\",\"\(id)\"]"), text("[\"created_at\",\"0000-01-01\",\"\(id)\"]"),
        ]
        for text in wrong { #expect(problem(text, DocumentCursor.init(validating:)) != nil, "\(text)") }
    }

    @Test func timeIsBroughtToTheFormThatTheDatabaseReads() throws {
        // PostgreSQL takes no zone beyond sixteen hours.
        let cursor = try DocumentCursor(
            validating: text("[\"created_at\",\"2027-01-15T08:00:00+23:59\",\"\(DocumentID.random())\"]"))
        #expect(cursor.value == "2027-01-14T08:01:00.000000Z")
    }
}
