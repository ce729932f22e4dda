import Glibc

/// What the kernel says of this process.
package struct ProcessMetrics: Sendable {
    private let resident: MetricGauge
    private let cpu: MetricCounter
    private let descriptors: MetricGauge

    /// - Parameters:
    ///   - program: the program's name.
    ///   - process: tells it from the other processes of its program on this host.
    package init(_ board: MetricsBoard, program: String, process: String) {
        let labels = [("program", program), ("process", process)]
        let started = board.gauge(
            "process_start_time_seconds", labels, scale: 1000, help: "When the process was started, since 1970.")
        resident = board.gauge(
            "process_resident_memory_bytes", labels, help: "Memory of the process that is in use.")
        cpu = board.counter(
            "process_cpu_seconds_total", [("program", program)], scale: 1_000_000,
            help: "Processor time of all processes of the program.")
        descriptors = board.gauge("process_open_fds", labels, help: "Files and sockets that the process has open.")
        started.set(SystemClock().now().microseconds / 1000)
        sample()
    }

    /// Reads the numbers anew.
    package func sample() {
        if let pages = TextFile.read("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
        {
            resident.set(pages * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        var used = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 {
            cpu.set(Int64(used.tv_sec) * 1_000_000 + Int64(used.tv_nsec) / 1000)
        }
        if let directory = opendir("/proc/self/fd") {
            defer { closedir(directory) }
            var count: Int64 = 0
            while readdir(directory) != nil { count += 1 }
            // ".", ".." and the directory itself.
            descriptors.set(max(0, count - 3))
        }
    }
}
