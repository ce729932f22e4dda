package import Base
import Contract

/// Counts uploads by how they ended, and how long their stages took.
package struct UploadMetrics: Sendable {
    /// What an upload's time goes into.
    enum Stage: String, CaseIterable {
        /// Waiting for the client's bytes.
        case receive
        /// Taking them apart, hashing and spooling them.
        case spool
        /// Asking the application what becomes of the content.
        case resolve
        /// Storing the object.
        case push
        /// Making the document.
        case commit
    }

    private let requests: RequestMeter
    private let outcomes: MetricCounters
    private let stages: [Stage: MetricHistogram]
    private let sizes: MetricHistogram
    private let received: MetricCounter
    private let tenants: TenantMeter

    /// The outcomes of the log; what is missing here is counted as `other`.
    static let names = [
        "stored", "deduplicated", "outrun", "method", "grant", "bad_length", "cut", "too_slow", "too_large",
        "malformed", "digest.malformed", "digest.mismatch", "empty_file", "no_file", "repeated_part", "field_not_utf8",
        "field_too_long", "fields_too_large", "resolve.refused", "resolve.unclear", "commit.refused", "commit.unclear",
        "spool.full", "spool.failed", "store.full", "store.refused", "store.unavailable", "store.corrupted",
        "too_many.server", "too_many.tenant", "too_many.user", "other",
    ]

    /// From a KiB to 4 GiB.
    private static let bounds: [Int64] = (0..<12).map { 1024 << (2 * $0) }

    package init(_ home: MetricsHome) {
        let board = home.board
        requests = RequestMeter(board, routes: [(method: "POST", pattern: "/api/tenants/{tenant_id}/documents")])
        outcomes = board.counters(
            "saas_uploads_total", by: "outcome", Self.names, help: "Uploads that the sidecar began with, by their end.")
        stages = Dictionary(
            uniqueKeysWithValues: Stage.allCases.map { stage in
                let histogram = board.histogram(
                    "saas_upload_stage_duration_seconds", [("stage", stage.rawValue)],
                    bounds: MetricsBoard.durations + [120_000_000, 600_000_000],
                    help: "How long the stages of uploads took that came so far.")
                return (stage, histogram)
            })
        sizes = board.histogram(
            "saas_upload_size_bytes", bounds: Self.bounds, scale: 1, help: "Sizes of the files that became documents.")
        received = board.counter(
            "saas_upload_received_bytes_total", help: "Bytes of files that arrived, in failed uploads too.")
        tenants = home.tenants
    }

    /// Counts an upload that has ended.
    func count(
        _ answer: UploadAnswer, outcome: String, tenant: TenantID?, bytes: Int64, took duration: Duration
    ) {
        requests.count(0, status: answer.status, took: duration)
        outcomes.add(at: Self.names.firstIndex(of: outcome) ?? Self.names.count - 1)
        received.add(Int(bytes))
        if answer.status < 300 { sizes.record(bytes) }
        if let tenant { tenants.count(tenant, received: bytes) }
    }

    func record(_ stage: Stage, _ duration: Duration) { stages[stage]?.record(duration) }
}
