import Base
import HTTP
import ObjectStore
import Testing

/// The S3 store over https, with an authority of our own.
@Suite struct S3TLSTests {
    /// One server for all tests here: a certificate for an address and for a bucket's own host name.
    private struct Secured {
        let authority: TestAuthority
        let server: MotoServer
    }

    private static let bucket = "tls-bucket"
    private static let secured = Result {
        let authority = try TestAuthority()
        let identity = try authority.identity(for: "IP:127.0.0.1,DNS:\(bucket).localhost")
        return Secured(authority: authority, server: try MotoServer(identity: identity))
    }

    private let server: MotoServer
    private let authority: TestAuthority

    init() throws {
        let secured = try Self.secured.get()
        (server, authority) = (secured.server, secured.authority)
    }

    private func store(
        host: String = "127.0.0.1", caFile: String?, addressing: S3Settings.Addressing = .path
    ) throws -> S3Store {
        S3Store(
            settings: try S3Settings(
                endpoint: "https://\(host):\(server.port)", bucket: Self.bucket, accessKey: "key", secretKey: "secret",
                addressing: addressing, caFile: caFile),
            pause: { _ in })
    }

    @Test(arguments: [("127.0.0.1", S3Settings.Addressing.path), ("localhost", .virtualHost)])
    func storesAndReadsUnderATrustedCertificate(host: String, addressing: S3Settings.Addressing) throws {
        let store = try store(host: host, caFile: authority.certificate, addressing: addressing)
        try store.createBucketIfMissing()
        let scratch = TemporaryDirectory()
        for size in [1000, 17 << 20] {
            let bytes = patternedBytes(size)
            let key = "\(addressing.rawValue)/\(size)"
            try store.put(.file(scratch.file("spool", bytes), bytes), at: key)
            #expect(try Fixture(store: store, scratch: scratch).bytes(of: key) == bytes)
        }
    }

    @Test func anAuthorityThatIsNotTrustedIsNoServer() throws {
        let store = try store(caFile: nil)
        let problem = failure { () throws(ObjectStoreError) in try store.check() }
        #expect(
            problem?.unavailability?.contains("certificate") == true,
            "an unknown authority was trusted: \(String(describing: problem))")
    }

    @Test func aCertificateForAnotherNameIsNoServer() throws {
        let store = try store(host: "localhost", caFile: authority.certificate)
        let problem = failure { () throws(ObjectStoreError) in try store.check() }
        #expect(
            problem?.unavailability?.contains("localhost") == true,
            "a certificate of another host was taken: \(String(describing: problem))")
    }

    @Test func theEnvironmentNamesTheAuthority() throws {
        var environment = Environment([
            "S3_BUCKET": Self.bucket, "S3_ACCESS_KEY_ID": "key", "S3_SECRET_ACCESS_KEY": "secret",
            "S3_ENDPOINT_URL": "127.0.0.1:\(server.port)", "S3_CA_FILE": authority.certificate,
        ])
        let settings = try #require(S3Settings.read(from: &environment))
        let store = S3Store(settings: settings, pause: { _ in })
        try store.createBucketIfMissing()
        try store.check()
    }
}
