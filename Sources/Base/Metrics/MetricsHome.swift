/// Where a program counts, and what it can tell of its host.
package struct MetricsHome: Sendable {
    /// What this process counts.
    package let board: MetricsBoard
    /// Shared by the processes of the host.
    package let tenants: TenantMeter
    private let directory: MetricsDirectory?

    /// Numbers of this process alone, for tests.
    package init() {
        board = MetricsBoard()
        tenants = TenantMeter()
        directory = nil
    }

    /// - Parameters:
    ///   - path: the directory of the host's metrics; without one, or when it cannot be used, what this process counts
    ///     is known to this process alone and lost with it.
    ///   - program: begins the name of this process's file.
    package init(_ path: String?, program: String, log: Log) {
        let directory = path.flatMap { MetricsDirectory($0) }
        let board = directory?.makeBoard(program)
        if path != nil, board == nil { log.warning("METRICS_DIR cannot be used; metrics are of this process alone") }
        self.board = board ?? MetricsBoard()
        tenants = board == nil ? TenantMeter() : directory?.makeTenantMeter() ?? TenantMeter()
        self.directory = board == nil ? nil : directory
    }

    /// Everything that the programs of this host have counted.
    package func read() -> [MetricSeries] {
        if let directory { return directory.read(tenants: tenants) }
        var sums = MetricSums()
        for series in board.series { sums.add(series) }
        return Array(sums.series.values) + tenants.read()
    }
}
