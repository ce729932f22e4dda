import Glibc

// Usage: KafkaMock [brokers]
// Prints the bootstrap servers, then answers each command on standard input with a line `ok` or `error: why`.
// Ends when standard input does, or at SIGTERM. A stand-in for tests; MockCluster.run lists the commands.
guard let cluster = MockCluster(brokers: Int32(CommandLine.arguments.dropFirst().first ?? "3") ?? 3) else {
    say("error: the mock cluster could not be started")
    exit(1)
}
say(cluster.bootstrapServers)
while let line = readLine() {
    do {
        try cluster.run(line)
        say("ok")
    } catch {
        say("error: \(error.text)")
    }
}

/// Writes one line at once: the reader waits for it.
func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}
