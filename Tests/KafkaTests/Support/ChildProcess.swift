import Base
import Glibc

/// A program with pipes on its standard input and output; it ends with this object, at the latest with the test process.
final class ChildProcess: @unchecked Sendable {  // constants; pipes are safe to use from any thread
    private let pid: pid_t
    private let input: UnsafeMutablePointer<FILE>
    private let output: UnsafeMutablePointer<FILE>

    struct CannotStart: Error {}

    init(_ arguments: [String]) throws {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw CannotStart() }
        // A child of another test that held our end would keep this one alive.
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, arguments[0], &actions, nil, &pointers, environ)
        close(toChild[0])
        close(fromChild[1])
        guard status == 0, let input = fdopen(toChild[1], "w"), let output = fdopen(fromChild[0], "r") else {
            throw CannotStart()
        }
        self.pid = pid
        self.input = input
        self.output = output
    }

    deinit {
        fclose(input)
        fclose(output)
        kill(pid, SIGTERM)
        waitpid(pid, nil, 0)
    }

    func write(_ text: String) {
        fputs(text, input)
        fflush(input)
    }

    /// Blocks until the program has written a line; nil at its end.
    func readLine() -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, output)
        guard count > 0, let line else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: line, count: count), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init)
    }

    /// Runs a program to its end with this standard input; the lines of its output.
    static func run(_ arguments: [String], input: String = "") throws -> [String] {
        let program = try ChildProcess(arguments)
        program.write(input)
        // The last descriptor of the pipe goes with this: the program sees the end of its input.
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        dup2(nowhere, fileno(program.input))
        close(nowhere)
        var lines: [String] = []
        while let line = program.readLine() { lines.append(line) }
        return lines
    }
}
