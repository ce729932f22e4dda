package import Base

/// How long passwords wait to be hashed, and how many were sent away.
package struct PasswordMetrics: Sendable {
    let waits: MetricHistogram
    let refusals: MetricCounter
    private let callers: MetricGauge

    /// - Parameter process: tells it from the other processes of its program on this host.
    package init(_ board: MetricsBoard, process: String) {
        waits = board.histogram(
            "saas_password_wait_seconds", help: "How long a password waited for the thread that hashes it.")
        refusals = board.counter(
            "saas_password_refusals_total", help: "Logins and the like that were refused because the queue was full.")
        callers = board.gauge(
            "saas_password_queue_length", [("program", "app"), ("process", process)],
            help: "Requests that wait for a password to be hashed, those being hashed included.")
    }

    /// Reads the number anew.
    package func sample(_ passwords: PasswordService) { callers.set(Int64(passwords.callers)) }
}
