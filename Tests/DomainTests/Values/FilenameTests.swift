import Domain
import Testing

@Suite struct FilenameTests {
    @Test(arguments: ["a", "report.pdf", "Ünïcode 文件.docx", "😀.png", ".hidden", "a;b\"c'd%e.txt", "..."])
    func ordinaryNameIsTaken(_ text: String) throws { #expect(try Filename(text).text == text) }

    @Test func isTrimmed() throws { #expect(try Filename(" a b.txt \r\n").text == "a b.txt") }

    @Test func hasAtMost255Characters() {
        #expect(problem(String(repeating: "😀", count: 255), Filename.init(_:)) == nil)
        #expect(problem(String(repeating: "x", count: 256), Filename.init(_:)) == "must be at most 255 characters")
        #expect(problem(" ", Filename.init(_:)) == "must not be empty")
    }

    @Test(arguments: ["a/b", "/etc/passwd", "..\\a", "a\\", "../..", "a/\u{301}b", "a\\\u{301}b"])
    func pathSeparatorIsRefused(_ text: String) {
        #expect(problem(text, Filename.init(_:)) == "must not contain path separators")
    }

    @Test(arguments: [".", "..", " .. "])
    func directoryNameIsRefused(_ text: String) {
        #expect(problem(text, Filename.init(_:)) == "must not be a directory name")
    }

    @Test(arguments: [
        ("C:\\Users\\ada\\report.pdf", "report.pdf"), ("/home/ada/report.pdf", "report.pdf"),
        ("plain.txt", "plain.txt"),
        ("mixed\\path/name.txt", "name.txt"), ("folder/", "folder"), ("a/\u{301}b", "\u{301}b"),
    ])
    func browsersPathIsCutToItsLastComponent(_ path: String, _ name: String) throws {
        #expect(Array(try Filename(lastComponentOf: path).text.unicodeScalars) == Array(name.unicodeScalars))
    }

    @Test(arguments: ["", "/", "\\\\", "a/..", "/."])
    func pathWithoutANameIsRefused(_ path: String) {
        #expect(problem(path, Filename.init(lastComponentOf:)) != nil)
    }

    @Test(arguments: [
        ("a.PDF", "pdf"), ("archive.tar.gz", "gz"), ("none", ""), (".bashrc", ""), ("dot.", ""), ("a.b.C", "c"),
    ])
    func extensionFollowsTheLastDot(_ name: String, _ expected: String) {
        #expect(Filename(stored: name).fileExtension == expected)
    }
}
