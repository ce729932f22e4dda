import Glibc

/// The program's two outputs: results, which other programs may read, and what is meant for the person watching.
struct Console: Sendable {
    /// One line on standard output.
    func result(_ line: String) { Self.write("\(line)\n", to: STDOUT_FILENO) }

    /// One line on standard error.
    func note(_ line: String) { Self.write("\(line)\n", to: STDERR_FILENO) }

    /// Text on standard error that an answer is to be typed after.
    func prompt(_ text: String) { Self.write(text, to: STDERR_FILENO) }

    /// Says on standard error why a command fails: a line for each reason.
    func report(_ failure: Failure) {
        switch failure {
        case .failed(let sentence), .damaged(let sentence): note("saasctl: \(sentence)")
        case .configuration(let problems): for problem in problems { note("configuration: \(problem)") }
        case .reported: break
        }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more (`| head`): the work goes on without words.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
