import Glibc
import Redis

/// A Redis server of the tests' own on a unix socket, ended with the tests.
final class RedisProcess: Sendable {
    let directory: String
    private let pid: pid_t

    /// Started at first use.
    static let shared = RedisProcess()

    var address: RedisAddress? { RedisAddress("unix://:a%40b@\(directory)/redis.sock") }

    private init() {
        var template = Array("/tmp/saas-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp failed") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = [
            "redis-server", "--port", "0", "--unixsocket", directory + "/redis.sock", "--dir", directory, "--save", "",
            "--requirepass", "a@b", "--logfile", directory + "/log",
        ]
        var arguments = words.map { strdup($0) } + [nil]
        var child = pid_t()
        guard posix_spawnp(&child, "redis-server", nil, nil, &arguments, environ) == 0 else {
            fatalError("redis-server is not installed")
        }
        for argument in arguments { free(argument) }
        pid = child
        for _ in 0..<1000 where access(directory + "/redis.sock", F_OK) != 0 { usleep(10_000) }
        RedisProcess.running = (child, directory)
        atexit {
            kill(RedisProcess.running.pid, SIGKILL)
            waitpid(RedisProcess.running.pid, nil, 0)
            for name in ["redis.sock", "log"] { unlink(RedisProcess.running.directory + "/" + name) }
            rmdir(RedisProcess.running.directory)
        }
    }

    /// For atexit(3), whose function captures nothing.
    nonisolated(unsafe) private static var running: (pid: pid_t, directory: String) = (0, "")
}
