import Glibc
import Testing

/// A certificate authority of one suite, and what it has signed; made with openssl(1). Its files go with the process.
struct TestAuthority {
    private let folder = TemporaryDirectory()

    init() throws {
        folder.removeAtExit()
        try openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority", "-keyout",
            path("ca.key"), "-out", certificate)
    }

    /// PEM file of the authority's own certificate.
    var certificate: String { path("ca.pem") }

    /// A server's certificate and key for these names, as in the subjectAltName of openssl: `DNS:a,IP:127.0.0.1`.
    func identity(for names: String) throws -> (certificate: String, key: String) {
        let name = "server-\(UInt32.random(in: 0...UInt32.max))"
        let extensions = folder.file("\(name).ext", Array("subjectAltName=\(names)\n".utf8))
        try openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", path("\(name).key"), "-out",
            path("\(name).csr"))
        try openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", certificate, "-CAkey", path("ca.key"), "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", path("\(name).pem"))
        return (path("\(name).pem"), path("\(name).key"))
    }

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    private func openssl(_ arguments: String...) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words = (["openssl"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid = pid_t()
        try #require(posix_spawnp(&pid, "openssl", &actions, nil, &words, environ) == 0)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        try #require(status == 0, "openssl \(arguments.first ?? "") failed")
    }
}
