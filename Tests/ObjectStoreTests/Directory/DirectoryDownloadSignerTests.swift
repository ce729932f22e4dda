import Base
import ObjectStore
import Testing

@Suite struct DirectoryDownloadSignerTests {
    private let signer = DirectoryDownloadSigner(baseURL: "https://files.example.com", key: Array(0..<32))
    private let now = Timestamp("2026-11-21T12:00:00Z")!

    private var download: SignedDownload {
        SignedDownload(
            key: "tenants/t1/files/2026/11/f1_d41d8cd9", contentType: "text/plain; charset=utf-8",
            contentDisposition: "attachment; filename=\"a b+c&d=e.txt\"; filename*=UTF-8''%C3%A4.txt",
            subject: "t1/d1", expires: now + .seconds(300))
    }

    /// The raw path after `/objects/` and the raw query of a URL, as the door sees them.
    private func parts(_ url: String) -> (path: String, query: String) {
        let rest = url.dropFirst("https://files.example.com/objects/".count)
        let halves = rest.split(separator: "?", maxSplits: 1)
        return (String(halves[0]), String(halves[1]))
    }

    @Test func aSignedURLIsAcceptedAndSaysWhatWasSigned() throws {
        let url = signer.url(for: download)
        #expect(url.hasPrefix("https://files.example.com/objects/tenants/t1/files/2026/11/f1_d41d8cd9?type="))
        let (path, query) = parts(url)
        #expect(signer.verify(path: path, query: query, at: now) == download)
    }

    /// Computed with Python's hmac over the text that is signed, so that URLs outlive a release.
    @Test func theSignatureIsTheDocumentedOne() {
        let download = SignedDownload(
            key: "k", contentType: "a/b", contentDisposition: "inline", subject: "t/d",
            expires: Timestamp(seconds: 1_800_000_000))
        #expect(
            signer.url(for: download)
                == "https://files.example.com/objects/k?type=a%2Fb&disposition=inline&subject=t%2Fd&expires=1800000000"
                + "&signature=8F0SDsadIMInvMOtneySiZo1-SqlidnXaJ0pF6Gez0Y")
    }

    @Test func itHoldsUntilItsLastSecondBegins() {
        let (path, query) = parts(signer.url(for: download))
        #expect(signer.verify(path: path, query: query, at: now + .microseconds(299_999_999)) != nil)
        #expect(signer.verify(path: path, query: query, at: now + .seconds(300)) == nil)
        let later = SignedDownload(
            key: "k", contentType: "", contentDisposition: "", subject: "", expires: now + .microseconds(1_900_000))
        let (laterPath, laterQuery) = parts(signer.url(for: later))
        #expect(
            signer.verify(path: laterPath, query: laterQuery, at: now)?.expires == now + .seconds(1))
    }

    @Test func everyChangedCharacterIsRefused() {
        let (path, query) = parts(signer.url(for: download))
        for (text, isPath) in [(path, true), (query, false)] {
            let bytes = Array(text.utf8)
            for index in bytes.indices {
                for replacement in [UInt8(ascii: "x"), UInt8(ascii: "0"), UInt8(ascii: "&")]
                where bytes[index] != replacement {
                    var changed = bytes
                    changed[index] = replacement
                    let other = String(decoding: changed, as: UTF8.self)
                    #expect(
                        signer.verify(path: isPath ? other : path, query: isPath ? query : other, at: now) == nil,
                        "\(other)")
                }
                let cut = String(decoding: bytes[..<index], as: UTF8.self)
                #expect(signer.verify(path: isPath ? cut : path, query: isPath ? query : cut, at: now) == nil)
            }
        }
    }

    @Test func missingDoubledAndUnknownParametersAreRefused() {
        let (path, query) = parts(signer.url(for: download))
        let pairs = query.split(separator: "&").map(String.init)
        for index in pairs.indices {
            var fewer = pairs
            fewer.remove(at: index)
            #expect(signer.verify(path: path, query: fewer.joined(separator: "&"), at: now) == nil)
            #expect(signer.verify(path: path, query: (pairs + [pairs[index]]).joined(separator: "&"), at: now) == nil)
        }
        for extra in ["x=y", "=", "", "type", "Type=a", "expires%20=1"] {
            #expect(signer.verify(path: path, query: query + "&" + extra, at: now) == nil)
        }
        #expect(signer.verify(path: path, query: "", at: now) == nil)
        // The order alone means nothing.
        #expect(signer.verify(path: path, query: pairs.reversed().joined(separator: "&"), at: now) == download)
    }

    @Test func oneNumberHasOneText() {
        let (path, query) = parts(signer.url(for: download))
        let seconds = String(download.expires.seconds)
        for other in [
            "+" + seconds, "0" + seconds, seconds + "0", " " + seconds, "-" + seconds, "99999999999999999999", "",
        ] {
            let changed = query.replacing("expires=" + seconds, with: "expires=" + PercentEncoding.encode(other))
            #expect(changed != query)
            #expect(signer.verify(path: path, query: changed, at: now) == nil)
        }
    }

    @Test func partsCannotBeShiftedIntoEachOther() {
        let one = SignedDownload(
            key: "k", contentType: "ab", contentDisposition: "c", subject: "d", expires: download.expires)
        let other = SignedDownload(
            key: "k", contentType: "a", contentDisposition: "bc", subject: "d", expires: download.expires)
        #expect(parts(signer.url(for: one)).query.suffix(43) != parts(signer.url(for: other)).query.suffix(43))
        let framed = SignedDownload(
            key: "k", contentType: "a\n1:b", contentDisposition: "c", subject: "d", expires: download.expires)
        let (path, query) = parts(signer.url(for: framed))
        #expect(signer.verify(path: path, query: query, at: now) == framed)
    }

    @Test func anotherKeyRefuses() {
        let (path, query) = parts(signer.url(for: download))
        let other = DirectoryDownloadSigner(baseURL: "https://files.example.com", key: Array(1..<33))
        #expect(other.verify(path: path, query: query, at: now) == nil)
    }

    @Test func aPathThatIsNoKeyIsRefusedEvenWhenSigned() {
        for key in ["../secret", "a//b", "a/../b", ".incoming/x", "", "a\0b", "/etc/passwd"] {
            let signed = SignedDownload(
                key: key, contentType: "a/b", contentDisposition: "inline", subject: "s", expires: download.expires)
            let query = signer.url(for: signed).split(separator: "?", maxSplits: 1)[1]
            #expect(signer.verify(path: key, query: String(query), at: now) == nil)
            #expect(signer.verify(path: PercentEncoding.encode(key), query: String(query), at: now) == nil)
        }
        // Escapes that a proxy may add mean the same key; doubled ones do not.
        let (path, query) = parts(signer.url(for: download))
        #expect(signer.verify(path: "%74" + path.dropFirst(), query: query, at: now) == download)
        #expect(signer.verify(path: "%2574" + path.dropFirst(), query: query, at: now) == nil)
    }
}
