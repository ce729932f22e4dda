import Glibc
import Inspection

/// A clamd of the tests' own on a unix socket, whose only signature is EICAR's; ended with the tests.
final class ClamdProcess: Sendable {
    let directory: String

    /// Started at first use.
    static let shared = ClamdProcess()

    /// The test file that every scanner knows, harmless; in two parts, so that none takes this source for one.
    static let eicar = Array((#"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-"# + "ANTIVIRUS-TEST-FILE!$H+H*").utf8)
    /// StreamMaxLength of this one.
    static let most = 1 << 20

    var address: ClamdAddress { .unix("\(directory)/clamd.sock") }

    private init() {
        var template = Array("/tmp/saas-clamd-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp failed") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let signature = Self.eicar.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        Self.write("Eicar-Test:0:0:\(signature.joined())\n", to: "\(directory)/own.ndb")
        Self.write(
            "Foreground yes\nDatabaseDirectory \(directory)\nLocalSocket \(directory)/clamd.sock\nMaxThreads 2\n"
                + "StreamMaxLength \(Self.most)\n", to: "\(directory)/clamd.conf")
        let words: [String] = ["clamd", "--config-file=\(directory)/clamd.conf"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var child = pid_t()
        // Debian has it in a directory of the superuser's path.
        let programs: [String] = ["/usr/sbin/clamd", "/usr/bin/clamd"]
        guard let program = programs.first(where: { access($0, X_OK) == 0 }),
            posix_spawn(&child, program, &actions, nil, &arguments, environ) == 0
        else { fatalError("clamd is not installed") }
        posix_spawn_file_actions_destroy(&actions)
        for argument in arguments { free(argument) }
        for _ in 0..<3000 where access("\(directory)/clamd.sock", F_OK) != 0 { usleep(10_000) }
        ClamdProcess.running = (child, directory)
        atexit {
            kill(ClamdProcess.running.pid, SIGKILL)
            waitpid(ClamdProcess.running.pid, nil, 0)
            for name in ["clamd.sock", "clamd.conf", "own.ndb"] { unlink(ClamdProcess.running.directory + "/" + name) }
            rmdir(ClamdProcess.running.directory)
        }
    }

    private static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { fatalError("\(path) cannot be written") }
        fputs(text, file)
        fclose(file)
    }

    /// For atexit(3), whose function captures nothing.
    nonisolated(unsafe) private static var running: (pid: pid_t, directory: String) = (0, "")
}
