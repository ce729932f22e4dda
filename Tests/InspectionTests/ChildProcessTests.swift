import Glibc
import Testing

@testable import Inspection

@Suite struct ChildProcessTests {
    private let patience: Duration = .seconds(60)

    private func run(
        _ command: [String], _ limits: ChildProcess.Limits = ChildProcess.Limits(), directory: String = "/",
        within patience: Duration? = nil, input: String = "/dev/null"
    ) -> (end: ChildProcess.End, output: String) {
        let file = open(input, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let (end, output) = ChildProcess(command: command, limits: limits, directory: directory).run(
            input: file, deadline: .now + (patience ?? self.patience))
        return (end, String(decoding: output, as: UTF8.self))
    }

    @Test func inputAndOutputArePassed() {
        let (end, output) = run(["/bin/cat"], input: "/etc/hostname")
        #expect(end == .exited(0) && !output.isEmpty)
    }

    @Test func exitCodeAndComplaintsAreTold() {
        let (end, output) = run(["/bin/sh", "-c", "echo no >&2; exit 3"])
        #expect(end == .exited(3) && output == "no\n")
    }

    @Test func nothingOfOursIsHandedOn() {
        setenv("INSPECTION_TEST_SECRET", "x", 1)
        let ours = open("/dev/null", O_RDONLY)  // without close-on-exec
        defer { close(ours) }
        let variables = run(["/usr/bin/env"]).output.split(separator: "\n").map(String.init).sorted()
        #expect(variables == ["LC_ALL=C.UTF-8", "PATH=\(ChildProcess.searchPath)"])
        // The fourth is the directory that ls itself reads.
        #expect(run(["/bin/ls", "/proc/self/fd"]).output.split(separator: "\n") == ["0", "1", "2", "3"])
        #expect(run(["/bin/grep", "NoNewPrivs", "/proc/self/status"]).output == "NoNewPrivs:\t1\n")
        #expect(run(["/bin/pwd"], directory: "/usr/bin").output == "/usr/bin\n")
    }

    @Test func slowProgramIsKilledWithItsChildren() {
        let (end, output) = run(["/bin/sh", "-c", "echo $$; sleep 600 & sleep 600"], within: .seconds(1))
        #expect(end == .tooLate)
        // Its process group is its own; the kernel removes what was killed in its own time.
        guard let group = pid_t(output.filter { $0 != "\n" }) else { return }  // not even begun
        for _ in 0..<3000 where kill(-group, 0) == 0 { usleep(10_000) }
        #expect(kill(-group, 0) != 0)
    }

    @Test func programThatClosesItsOutputIsStillWaitedForAndKilled() {
        #expect(run(["/bin/sh", "-c", "exec >&- 2>&-; sleep 600"], within: .seconds(1)).end == .tooLate)
    }

    @Test func endlessOutputIsCutShort() {
        let (end, output) = run(["/usr/bin/yes"])
        #expect(end == .tooMuchOutput && output.utf8.count < 100_000)
    }

    @Test func memoryIsLimited() {
        var limits = ChildProcess.Limits()
        limits.memoryBytes = 64 << 20
        // tail keeps what it is to print.
        let end = run(["/bin/sh", "-c", "head -c 500000000 /dev/zero | tail -c 400000000 | wc -c"], limits)
        #expect(!end.output.contains("400000000"))
    }

    @Test func nothingCanBeWritten() throws {
        let folder = InspectionFixture.folder()
        let end = run(["/bin/dd", "if=/dev/zero", "of=\(folder)/x", "count=1", "status=none"]).end
        #expect(end != .exited(0))
        var status = stat()
        #expect(stat("\(folder)/x", &status) != 0 || status.st_size == 0)
    }

    @Test func processorTimeIsLimited() {
        var limits = ChildProcess.Limits()
        limits.cpuSeconds = 1
        #expect(run(["/bin/sh", "-c", "while :; do :; done"], limits).end != .tooLate)
    }

    @Test func programThatIsNotThereIsNoSuccess() {
        #expect(run(["/nonexistent/program"]).end != .exited(0))
        #expect(ChildProcess.path(of: "no-such-program-anywhere") == nil)
        #expect(ChildProcess.path(of: "sh") != nil)
    }
}
